"""What operations share that send a picture of any size through a net, tile by tile.

A lazy picture becomes strips of rows (strips), each strip tiles with a halo (painting), each tile
planes for the net (net); what comes out is a lazy picture again, made as its rows are read (rows).
"""
