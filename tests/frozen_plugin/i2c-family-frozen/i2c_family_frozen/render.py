"""What a program of frozen draws: one plain function from a program to a picture.

i2c calls it for batches, in several processes where that pays, with a time limit and a cache.
"""

from PIL import Image, ImageDraw

CELL = 2  # pixels


def render(program):
    picture = Image.new("L", (8 * CELL, 8 * CELL), 255)
    pen = ImageDraw.Draw(picture)
    for node in program.nodes():  # the program and all below it
        numbers = [int(arg.name) * CELL for arg in node.args if arg.name.isdigit()]
        if node.name == "dot":
            x, y = numbers
            pen.rectangle((x, y, x + CELL - 1, y + CELL - 1), fill=0)
        elif node.name == "row":
            pen.rectangle((0, numbers[0], 8 * CELL, numbers[0] + CELL - 1), fill=0)
        elif node.name == "column":
            pen.rectangle((numbers[0], 0, numbers[0] + CELL - 1, 8 * CELL), fill=0)
    return picture
