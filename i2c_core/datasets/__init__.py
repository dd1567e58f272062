"""Programs and pictures to learn from: counts, enumeration, samples, razors, pairs on disk and the stream."""
