// Huawei's model compiler atc as a child process: docs/ascend-facts.md, "Compiling: command line".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "convnext/ascend/compile/compile_models.h"
#include "convnext/ascend/host/host.h"

namespace convnext {

// The request to atc, apart from the places of files.
struct AtcRequest {
  std::string soc_version;
  Precision precision = Precision::kFloat32;
  bool precision_mode_v2 = true;  // HasPrecisionModeV2
  std::string input_shape;        // InputShape
  bool uint8_input = false;       // NHWC
  bool external_weights = false;  // HasSharedWeights: in files beside the model, which models of all batch sizes share
};

// Where atc finds and puts things; paths have only characters that IsAtcPath allows.
struct AtcFiles {
  std::string model;               // .onnx
  std::string output;              // without ".om"
  std::string op_precision_modes;  // the file with OpPrecisionModes
};

// The program and what its runs need: the variables are for it alone, as with a stand-in for the driver's library
// (CannEnvironment adds one where there is no driver) atc compiles, but no model runs.
struct Atc {
  std::string program;
  std::map<std::string, std::string> variables;
  std::string scratch;  // a directory that is removed if this process is killed while atc runs; empty: none
};
Atc MakeAtc(const Machine& machine, const CannInstallation& cann);

// "images:4,3,256,256", or "images:4,256,256,3" of 8-bit pictures.
std::string InputShape(int64_t batch, int64_t height, int64_t width, bool uint8_input = false);

// Whether this CANN spells the precision --precision_mode_v2 (8.0 and later); the two spellings exclude each other
// (E10056). An unknown version counts as a new one.
bool HasPrecisionModeV2(const std::optional<std::string>& cann_version);

// Whether the runtime of this CANN lets models share weights (aclmdlSetExternalWeightAddress: 8.5 and later). An
// unknown version counts as an old one.
bool HasSharedWeights(const std::optional<std::string>& cann_version);

// The flags of one compilation.
std::vector<std::string> AtcFlags(const AtcRequest& request, const AtcFiles& files);

// The text of the file for --op_precision_mode, empty if the request needs none.
std::string OpPrecisionModes(const AtcRequest& request);

// Whether the cube unit of a chip, which does its convolutions and matrix products, takes float32. Chips that are not
// known to lack it count as newer ones that have it: atc then says if they do not.
// See docs/ascend-facts.md, "Compiling: precision".
bool HasFloat32Products(const std::string& soc_version);

// The reason that a chip gives against this precision; nullopt if there is none.
std::optional<BlockingReason> ExcludedByChip(const CompileOptions& options);

// Whether atc takes `path`: letters, digits, _ - . and /.
bool IsAtcPath(const std::string& path);

// Runs atc in `directory`. A timeout is a result, not an error.
Result<ProcessResult> RunAtc(const Atc& atc, const std::vector<std::string>& flags, const std::string& directory,
                             double timeout_seconds);

// The path of the compiled model: `output`.om, or `output`_linux_aarch64.om and the like, as atc names models with code
// for the host; nullopt if there is neither.
std::optional<std::string> FindAtcOutput(const std::string& output);

}  // namespace convnext
