"""Pictures and videos of people -> keypoints of body, hands and face, by MediaPipe's networks in plain torch."""
