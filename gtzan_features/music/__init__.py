"""What is done with a folder of music itself: check, download, explore, synthesise, augment."""
