#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "convnext/base/base.h"

namespace convnext {

// Noise for TestImage. No function here uses more than IEEE basic operations, so every machine gives the same bits.

inline double Clamp01(double t) { return std::clamp(t, 0.0, 1.0); }

// From 0 to 1 with flat ends as t goes from 0 to 1, and 0 and 1 beyond.
inline double SmoothStep(double t) {
  t = Clamp01(t);
  return t * t * (3 - 2 * t);
}

// A random number in [0, 1) for each point of a grid.
inline double GridNoise(uint64_t seed, int64_t x, int64_t y) {
  const uint64_t row = Splitmix64(seed + static_cast<uint64_t>(y) * kSplitmix64Step);
  return static_cast<double>(Splitmix64(row + static_cast<uint64_t>(x) * kSplitmix64Step) >> 40) * 0x1p-24;
}

// Smooth between the points of the grid, in [0, 1).
inline double ValueNoise(uint64_t seed, double x, double y) {
  const double column = std::floor(x), row = std::floor(y);
  const auto i = static_cast<int64_t>(column), j = static_cast<int64_t>(row);
  const double s = SmoothStep(x - column), t = SmoothStep(y - row);
  const auto between = [&](int64_t k) {
    const double left = GridNoise(seed, i, k);
    return left + (GridNoise(seed, i + 1, k) - left) * s;
  };
  const double top = between(j);
  return top + (between(j + 1) - top) * t;
}

// Octaves that halve in strength as they double in frequency; in [0, 1), 0.5 on average.
inline double FractalNoise(uint64_t seed, double x, double y, int octaves) {
  double sum = 0, strength = 1, total = 0;
  for (int octave = 0; octave < octaves; ++octave) {
    sum += strength * ValueNoise(seed + static_cast<uint64_t>(octave), x, y);
    total += strength;
    strength /= 2;
    x = 2 * x + 17.3;  // so that no grid points of two octaves meet
    y = 2 * y + 5.7;
  }
  return sum / total;
}

}  // namespace convnext
