#pragma once

#include <map>
#include <string>

#include "convnext/config/config.h"
#include "convnext/weights/weights.h"

namespace convnext {

enum class NamingScheme { kTimm, kOpenClip, kFacebook };
const char* Name(NamingScheme naming);

// A checkpoint whose tensors were found, named and shaped as the config wants them. Nothing is converted yet: the
// backend reads tensor by tensor.
struct ModelFile {
  std::string weights_path;  // of the file, or of the index of shards
  std::string config_path;   // empty if there is none
  Checkpoint file;
  ModelConfig config;
  NamingScheme naming = NamingScheme::kTimm;
  std::string prefix;                    // before each name of the naming scheme: "module.", "visual.trunk."
  std::map<std::string, size_t> others;  // how many tensors are not part of the model, by what their names begin with
  bool synthetic = false;                // a file's metadata say so

  // The stored tensor for a timm name of ExpectedTensors(config); nullptr where open_clip leaves it out because it is
  // all zeros (head.fc.bias).
  std::map<std::string, const StoredTensor*> tensors;
};

// Opens `path`: a .safetensors file or the index of its shards (the config is the config.json or open_clip_config.json
// beside it, if any), or a directory with model.safetensors or open_clip_model.safetensors, or such an index.
Result<ModelFile> OpenModel(const std::string& path);

// Checks and binds the tensors of `file`. Without a config (nullptr) the shapes tell depths and dims. The tensors may
// have any prefix, all the same one. Where several prefixes have a whole model the one without a prefix is taken;
// kInvalid if there is none.
Result<ModelFile> BindModel(Checkpoint file, const ModelConfig* config, const std::string& source);

// The float32 values of a tensor of ExpectedTensors; zeros where open_clip leaves it out. kInvalid for NaN or infinity.
Result<AlignedVector<float>> ReadTensor(const ModelFile& model, const std::string& timm_name);

}  // namespace convnext
