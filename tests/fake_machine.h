// A machine whose files lie in a directory.
#pragma once

#include <filesystem>
#include <string>

#include "convnext/base/base.h"
#include "test_util.h"

namespace convnext {

class FakeMachine : public testing::Test {
 protected:
  FakeMachine() { machine_.root = directory_.path(); }

  void Add(const std::string& path, const std::string& text = "") {
    const Status status = WriteFile(directory_ / path, text);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  void AddProgram(const std::string& path, const std::string& script) {
    Add(path, "#!/bin/sh\n" + script);
    std::filesystem::permissions(directory_ / path, std::filesystem::perms::owner_all);
  }
  void Remove(const std::string& path) {
    ASSERT_GT(std::filesystem::remove_all(directory_ / path), 0U) << path << " was not there";
  }

  TemporaryDirectory directory_;
  Machine machine_;
};

}  // namespace convnext
