"""Pictures of people -> bodies: rotations, cameras, and which joints were seen."""
