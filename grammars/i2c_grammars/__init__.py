"""The grammars of the families that ship with i2c, one `.lark` file a family."""
