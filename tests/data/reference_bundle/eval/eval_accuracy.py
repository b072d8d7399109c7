# Stands for a script of the adaptation.
