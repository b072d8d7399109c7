// The Ascend driver as it lies on a machine: files, device nodes, kernel modules.
// See docs/ascend-facts.md, "Host: driver and devices" and "Host: version files".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

struct DriverFacts {
  std::string directory = "/usr/local/Ascend/driver";  // where it is, or would be
  std::string group = "HwHiAiUser";                    // whose members may use the devices
  std::optional<std::string> version;                  // "24.1.rc1"
  std::optional<std::string> hal_version;              // of libascend_hal: "7.35.19"
  std::vector<std::string> hal_directories;            // below `directory`, those that hold libascend_hal.so
  std::vector<std::string> devices;                    // "/dev/davinci0", ...: one for each chip, by number
  std::vector<int64_t> device_numbers;                 // their numbers
  std::vector<std::string> missing_nodes;              // of those that every process needs beside them
  std::vector<std::string> modules;                    // its kernel modules, as far as they are loaded
  bool modules_listed = false;                         // /proc/modules could be read
  std::vector<std::string> cards;                      // PCI addresses
  bool container = false;                              // this machine is one
};

DriverFacts InspectDriver(const Machine& machine);

// The nodes that a process needs beside those of the chips.
inline constexpr const char* kCommonNodes[] = {"/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc"};

// The directories of the driver's libraries, whether they are there or not.
std::vector<std::string> DriverLibraries(const std::string& directory);

}  // namespace convnext
