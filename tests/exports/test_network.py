"""The network of accounts is read by the library again, whatever the accounts are called."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import networkx
import pytest

from tests.exports.made import CAMPAIGN, FAKE, account_of, campaign, written
from tests.report.records import HOSTILE

READ = {"graphml": networkx.read_graphml, "gexf": networkx.read_gexf}
# What XML can't hold, beside what the other exports are tried with.
UNHELD = ("\ufffe\uffff", "\x01\x0b\x0c", "]]>&<!--", "&#0;")


def graph(form: str, text: str = "Watch this") -> Any:
    joined, files = campaign(FAKE, text)
    document = written(form, files, [joined])
    return READ[form](io.BytesIO(document.encode("utf-8")))


@pytest.mark.parametrize("form", READ)
def test_nodes_are_accounts_and_edges_what_they_did_alike(form: str) -> None:
    read = graph(form)
    nodes = {data["account"]: data for _, data in read.nodes(data=True)}
    assert set(nodes) == {account_of(name, platform) for name, platform, *_ in FAKE}
    fake = nodes["youtube:by_fake"]
    assert fake["handle"] == "by_fake" and fake["platform"] == "youtube"
    assert fake["posts"] == 1 and fake["followers"] == 7 and fake["scheme"] == "Watch this"
    assert fake["first"] == fake["last"] == "2026-01-02T03:04:05Z"
    assert fake["campaigns"] == CAMPAIGN
    assert [nodes[f"{site}:by_{name}"]["suspected"] for name, site, *_ in FAKE] == [
        True,
        True,
        False,
        False,
    ]
    edges = sorted(
        (data["by"], data["count"], data["apart_s"]) for *_, data in read.edges(data=True)
    )
    assert edges == [("media", 1, 61.5), ("title", 2, 61.5)]


@pytest.mark.parametrize("form", READ)
@pytest.mark.parametrize("text", [*HOSTILE, *UNHELD], ids=lambda text: ascii(text[:20]))
def test_what_xml_cannot_hold_is_made_visible(form: str, text: str) -> None:
    read = graph(form, text)
    assert len(read) == len(FAKE)
    examples = {data["example"] for *_, data in read.edges(data=True)}
    assert len(examples) == 1 and examples != {""}


@pytest.mark.parametrize("form", READ)
def test_an_account_of_two_campaigns_is_one_node(form: str) -> None:
    joined, files = campaign()
    other = replace(joined, id="c-aaaaaaaaaaaa", ties=joined.ties[:1])
    document = written(form, files, [joined, other])
    read = READ[form](io.BytesIO(document.encode("utf-8")))
    assert len(read) == len(FAKE) and read.number_of_edges() == 3
    assert {data["campaigns"] for _, data in read.nodes(data=True)} == {
        f"{CAMPAIGN}; c-aaaaaaaaaaaa"
    }
