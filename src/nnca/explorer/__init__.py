"""Figures that move: a reader drags, and networks answer in the page, with a kernel or without one."""

from nnca.explorer.direction import Direction as Direction
from nnca.explorer.export import export_network as export_network
from nnca.explorer.isosurfaces import Isosurfaces as Isosurfaces
from nnca.explorer.layers import Layers as Layers
from nnca.explorer.molecule import Molecule as Molecule
from nnca.explorer.plane import Plane as Plane
from nnca.explorer.reconstruction import Reconstruction as Reconstruction
from nnca.explorer.width import Width as Width
