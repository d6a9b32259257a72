"""Images for containers, on Docker's engine.

images, which there are; platforms, Docker's names of targets; labels, checksums of what they are
made from; bake, all at once; trim, what an image doesn't need; engine, how it is called, with
plugins of a later Debian; base, Debian's images where no registry is; demo, servers that show what
is saved.
"""
