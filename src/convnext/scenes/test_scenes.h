#pragma once

#include <span>

namespace convnext {

struct Colour {
  double r = 0, g = 0, b = 0;  // 0 to 1, but for highlights
};
inline Colour operator*(const Colour& c, double k) { return {c.r * k, c.g * k, c.b * k}; }
inline Colour operator+(const Colour& a, const Colour& b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
inline Colour Mix(const Colour& a, const Colour& b, double t) { return a * (1 - t) + b * t; }

// The test images of one kind share these parameters. Lengths are in picture heights.
struct Scene {
  int width, height;  // pixels
  Colour zenith, haze, sun;
  Colour ridge;
  Colour dark_ground, light_ground;  // also of water
  Colour dark_object, light_object;
  double horizon;  // from the top
  bool sun_shows;
  double clouds;  // 0 for none to 1 for an overcast sky
  int ridges;
  double relief;  // height of the ridges
  bool water;     // instead of ground
  int objects;
  double object_size;  // radius half-way to the horizon
  double roughness;    // of the objects' outlines; below 0.2 they shine
};

std::span<const Scene> TestScenes();

}  // namespace convnext
