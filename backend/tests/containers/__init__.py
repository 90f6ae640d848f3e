"""The images and compose.yaml, on a Docker engine: `make test-containers`."""
