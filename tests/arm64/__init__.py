"""The image for arm64, built and run: by qemu where this machine is none."""
