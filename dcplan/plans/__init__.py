"""WHAT COMES OUT: plans made, published in whole racks, saved, opened and audited."""
