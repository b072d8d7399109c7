#pragma once

#include <map>
#include <string>

#include "model/config.h"

namespace convnext {

enum class NamingScheme { kTimm, kOpenClip };

// A model file whose tensors were found, named and shaped as the config wants them. Nothing is converted yet: the
// backend reads tensor by tensor.
struct ModelFile {
  std::string weights_path;
  std::string config_path;  // empty if there is none
  Safetensors file;
  ConvNeXtConfig config;
  NamingScheme naming = NamingScheme::kTimm;
  bool synthetic = false;  // the file's metadata says so

  // The stored tensor for a timm name of ExpectedTensors(config); nullptr where open_clip leaves it out because it is
  // all zeros (head.fc.bias).
  std::map<std::string, const StoredTensor*> tensors;
};

// Opens `path`: a .safetensors file (its config is the config.json or open_clip_config.json beside it, if any) or a
// directory with model.safetensors or open_clip_model.safetensors.
Result<ModelFile> OpenModel(const std::string& path);

// Checks and binds the tensors of `file`. Without a config (nullptr) the shapes tell depths and dims.
Result<ModelFile> BindModel(Safetensors file, const ConvNeXtConfig* config, const std::string& source);

// The float32 values of a tensor of ExpectedTensors; zeros where open_clip leaves it out. kInvalid for NaN or infinity.
Result<AlignedVector<float>> ReadTensor(const ModelFile& model, const std::string& timm_name);

}  // namespace convnext
