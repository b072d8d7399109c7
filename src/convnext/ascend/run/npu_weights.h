// Weights of compiled models in the memory of a device, each file once.
#pragma once

#include <map>
#include <string>

#include "convnext/ascend/acl/acl.h"

namespace convnext {

// Belongs to a context, and must outlive the models that use it.
class NpuWeights {
 public:
  // The memory of a file of weights, which is copied there when it is first asked for.
  struct Place {
    void* memory = nullptr;
    size_t bytes = 0;  // a multiple of 32
  };
  Result<Place> PlaceOf(const AclRuntime& runtime, const std::string& path);

 private:
  struct Entry {
    AclHandle memory;
    size_t bytes = 0;
  };
  std::map<std::string, Entry> entries_;  // by the file's name, which is a digest of its content
};

}  // namespace convnext
