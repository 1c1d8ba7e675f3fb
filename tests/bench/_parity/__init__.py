"""The parts of `./dev bench parity`: what AWS recorded, what a request needs, and how answers compare."""
