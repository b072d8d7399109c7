// The request in a command line of atc.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "atc_flags.h"
#include "model.h"

namespace ascend_emulator {

struct AtcRequest {
  CompiledModel model;  // but for its ONNX
  std::string onnx_path, output;
  std::map<std::string, std::vector<int64_t>> input_shapes;
};

// Checks the flags of --mode=0. `root` is the CANN root, whose platform_config knows the chips. Returns an error as atc
// prints it, empty if ok.
std::string ReadRequest(const Flags& flags, const std::string& root, AtcRequest& request);

// The model's ONNX, with external data inside. Returns an error as atc prints it, empty if ok.
std::string ReadOnnxFile(const std::string& path, std::string& onnx);

// Whether the variables of set_env.sh are there. Returns an error as atc prints it, empty if ok.
// See docs/ascend-facts.md, "Host: environment variables".
std::string CheckEnvironment(const std::string& root);

// The library that the loader does not find without them; empty if LD_LIBRARY_PATH is as set_env.sh makes it.
std::string MissingLibrary(const std::string& root);

// "name:1,3,256,256;other:-1,4". Returns whether it is well-formed.
bool ParseInputShapes(const std::string& text, std::map<std::string, std::vector<int64_t>>& shapes);

}  // namespace ascend_emulator
