#pragma once

namespace convnext {

// value / divisor, a part counted as a whole, and the multiple of `multiple` that is no less than value; of integers
// that are not negative, and positive ones to divide by.
template <class T>
constexpr T DivideUp(T value, T divisor) {
  return (value + divisor - 1) / divisor;
}
template <class T>
constexpr T RoundUp(T value, T multiple) {
  return DivideUp(value, multiple) * multiple;
}

}  // namespace convnext
