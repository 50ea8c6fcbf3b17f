"""What the voices say. All of it is invented, and harmless."""

UPDATE = (
    "Hello and welcome to the harbour update. This week the north quay is closed for repairs. "
    "The ferry leaves from the second pier instead. We expect to open the quay again on Friday "
    "morning. Thank you for your patience, and please mind the signs."
)
QUESTIONS = (
    "Many of you asked why the water in the old basin looks green. It is a harmless bloom of "
    "algae. We take a sample every Monday, and we publish what we find. The next open day is "
    "in June. Bring good shoes, and bring your children."
)
FOOTPATH = (
    "Today I am standing in the park behind the lighthouse. The new footpath is ready. It is "
    "wide enough for two wheelchairs, and it follows the shore all the way to the mill."
)
REVOICED = (
    "This voice was laid over the picture later. The recording that you see says something "
    "else, about a quay and a ferry. It is an example of a clip whose sound was exchanged, made "
    "to demonstrate how such a change can be found."
)
IMITATOR = (
    "Welcome to my new channel. Please follow me here, because the old channel is no longer "
    "used. I will post every day, and I will answer all of your messages in person."
)
INTERVIEW = (
    "I think the storm showed us two things. The outer wall is strong enough, and the pumps "
    "are not. We will replace them before the winter, one after the other."
)
ENROLLED = (
    "My name is Irena Valequist, and this is a recording of my voice. I work at the harbour. "
    "On most days I walk from the office to the lighthouse and back, which takes about forty "
    "minutes. In the evening I read, or I write letters to my sister."
)
STRANGER = (
    "This is a short recording without a picture. Nobody in it is enrolled, and nothing tells "
    "where it was published."
)
