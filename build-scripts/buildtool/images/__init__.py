"""What build-scripts/docker.sh does: base images, images of ours, and the demonstration."""
