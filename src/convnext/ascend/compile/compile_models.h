// The model compiled for a chip by CANN's atc, and kept, so that it is compiled once.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "convnext/ascend/host/host.h"
#include "convnext/model/model.h"

namespace convnext {

inline constexpr Bounds<double> kCompileSeconds{1, 1e6};

struct CompileOptions {
  std::string soc_version;  // as aclrtGetSocName() names it: "Ascend910B4"
  Precision precision = Precision::kFloat32;
  int64_t height = 256, width = 256;
  bool uint8_input = false;       // 8-bit pictures NHWC, which the model normalises
  double timeout_seconds = 3600;  // in kCompileSeconds
  std::string cache;              // directory; empty: DefaultCache(machine)
  Machine machine = ThisMachine();
  std::function<void(const std::string& step)> progress = {};
};

struct CompiledModel {
  std::string path;     // of the .om in the cache
  std::string key;      // sha256 of all that it depends on
  bool cached = false;  // it was there
  int opset = 17;       // of the ONNX that atc took
  // The audit of the compiled graph found these: operators that compute or cast to float16, by name, the first few.
  std::vector<std::string> float16_operators;
  int64_t float16_count = 0;
  bool audited = false;       // whether the compiled graph could be looked through
  std::string audit_problem;  // why not
  // The files of its weights in "weight" beside it, where it does not hold them itself: digests by name.
  std::map<std::string, std::string> weights;
  std::string om_sha256;
  int64_t om_bytes = 0;
  double seconds = 0;  // of the compilation
  std::string log;     // what atc printed, safe to print
};

// The precision that the model computes in, for records: `precision`, unless float32 was asked for and the audit found
// float16 (kFloat32Reduced) or could not be made (kFloat32Unverified).
Precision ComputedPrecision(Precision precision, const CompiledModel& compiled);

// $XDG_CACHE_HOME/convnext/ascend or ~/.cache/convnext/ascend; empty if neither variable is set.
std::string DefaultCache(const Machine& machine);

// The compiled models for `batches`, in their order: from the cache, or made by atc. kUnavailable with reasons
// (npu.atc.*) if atc is not there or fails. The model is exported once. Each batch size is a model of its own, and one
// that fails does not take the others with it.
std::vector<Result<CompiledModel>> CompileModels(const ModelFile& model, const CompileOptions& options,
                                                 const std::vector<int64_t>& batches);

}  // namespace convnext
