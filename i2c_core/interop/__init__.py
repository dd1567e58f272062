"""For other people's models and engines: our masks in Hugging Face's `generate`, our languages in llguidance.

Each module needs its package only where it calls it; `i2c_core` itself never imports them.
"""
