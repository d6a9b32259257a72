"""Putting what was built where the user wants it, as a whole or not at all.

place, to install; swap, to exchange two folders in one step; manifest, what a package has brought;
owner, whose files they are; upgrade, to keep what the user has added.
"""
