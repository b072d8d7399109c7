// Helpers of the tests: a directory of one's own, the golden files, what a call failed with.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "golden_model.h"  // GoldenPath, Take
#include "shell.h"         // TemporaryDirectory, ReadText, WriteText

namespace convnext {

inline std::span<const std::byte> BytesOf(std::string_view text) { return std::as_bytes(std::span(text)); }

// The message of the kInvalid error that `result`, a Result or a Status, must hold.
template <class T>
std::string Refusal(const T& result) {
  if (result.ok()) return "(no error)";
  Status status;
  if constexpr (std::is_same_v<T, Status>) {
    status = result;
  } else {
    status = result.status();
  }
  EXPECT_EQ(status.code(), Code::kInvalid) << status.message();
  EXPECT_LT(status.message().size(), 2000u);
  return status.message();
}

}  // namespace convnext
