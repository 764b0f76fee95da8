"""PyTorch's example VAE. Needs PyTorch, torchvision and NumPy, nothing of vae-tui.

    python tests/benchmarks/speed_torch.py IMAGES.npz --batches {loader,memory} [--batch-size 128] [--steps 500]

The example is pytorch/examples/vae: its sizes, training loop, loss and Adam, with the class joined to the input and to
the latents. "loader" feeds it as the example does, image by image through a PIL image, torchvision's ToTensor and
DataLoader; "memory" slices batches out of one tensor. Prints {"steps", "seconds"} of the steps after a warm-up.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from PIL import Image
from torch import Tensor, nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional as F  # noqa: N812  # pyright: ignore[reportMissingImports]
from torch.utils.data import DataLoader, Dataset  # pyright: ignore[reportMissingImports]
from torchvision.transforms import ToTensor  # pyright: ignore[reportMissingImports]

CLASSES, PIXELS, LATENTS, HIDDEN = 10, 784, 20, 400
WARM_UP_STEPS = 50


class ConditionalVAE(nn.Module):
    """Dense encoder and decoder, mirrored."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(PIXELS + CLASSES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * LATENTS))
        self.decoder = nn.Sequential(nn.Linear(LATENTS + CLASSES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, PIXELS))

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The pixels' means, and the posterior's mean and log-variance."""
        classes = F.one_hot(labels, CLASSES).float()
        mean, log_variance = self.encoder(torch.cat([images, classes], dim=1)).chunk(2, dim=1)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return torch.sigmoid(self.decoder(torch.cat([latents, classes], dim=1))), mean, log_variance


class Images(Dataset):
    """One image at a time, as torchvision's MNIST gives it to ToTensor: a PIL image."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels, self.transform = images, labels, ToTensor()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[i])), int(self.labels[i])


def from_loader(images: np.ndarray, labels: np.ndarray, batch_size: int, device: torch.device) -> Iterator[Any]:
    """Batches from a DataLoader with the example's settings, for ever."""
    settings = {"num_workers": 1, "pin_memory": True} if device.type == "cuda" else {}
    loader = DataLoader(Images(images, labels), batch_size, shuffle=True, drop_last=True, **settings)
    while True:
        for batch, classes in loader:
            yield batch.to(device).view(-1, PIXELS), classes.to(device)


def from_memory(images: np.ndarray, labels: np.ndarray, batch_size: int, device: torch.device) -> Iterator[Any]:
    """Batches cut from tensors that are on the device, for ever."""
    pixels = torch.from_numpy(images).to(device).view(-1, PIXELS)
    classes = torch.from_numpy(labels).long().to(device)
    while True:
        for indices in torch.randperm(len(pixels), device=device).split(batch_size):
            if len(indices) == batch_size:
                yield pixels[indices].float() / 255, classes[indices]


def main() -> None:
    """Train, and print how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("images", type=Path)
    parser.add_argument("--batches", choices=("loader", "memory"), required=True)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=500)
    options = parser.parse_args()
    with np.load(options.images) as file:
        images, labels = file["images"], file["labels"]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = ConditionalVAE().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    source = {"loader": from_loader, "memory": from_memory}[options.batches]
    start = 0.0
    for step, (batch, classes) in enumerate(source(images, labels, options.batch_size, device)):
        if step == WARM_UP_STEPS:
            start = time.perf_counter()
        if step == WARM_UP_STEPS + options.steps:
            break
        optimizer.zero_grad()
        means, mean, log_variance = model(batch, classes)
        reconstruction = F.binary_cross_entropy(means, batch, reduction="sum")
        loss = reconstruction - 0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        loss.backward()
        loss.item()  # the example adds the losses up
        optimizer.step()
    print(json.dumps({"steps": options.steps, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
