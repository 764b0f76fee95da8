"""The class-conditioned variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114; Sohn et al. 2015)."""

from .gaussian import Gaussian
from .types import Decoded, ImageShape, Output
from .vae import MEAN_IMAGE, Classes, ConditionalVAE

__all__ = ["MEAN_IMAGE", "Classes", "ConditionalVAE", "Decoded", "Gaussian", "ImageShape", "Output"]
