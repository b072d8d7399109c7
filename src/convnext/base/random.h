#pragma once

#include <cstdint>

namespace convnext {

// splitmix64 (Steele, Lea, Flood 2014): the n-th number of a seed is Splitmix64(seed + n * kSplitmix64Step). As a hash
// it turns counters into numbers that look random, the same on every machine.
inline constexpr uint64_t kSplitmix64Step = 0x9e3779b97f4a7c15;

constexpr uint64_t Splitmix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace convnext
