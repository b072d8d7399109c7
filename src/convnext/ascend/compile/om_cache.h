// The cache of compiled models: KEY.om, KEY.log (what atc printed), the files of weights in weight/, which several
// share, and KEY.json, which is written last and says what the .om was made of. An entry counts only if the JSON is
// whole, names the same ingredients and the digests of the .om and of its weights.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "convnext/ascend/compile/compile_models.h"

namespace convnext {

// Everything that a compiled model depends on.
struct OmIngredients {
  std::string onnx_sha256;
  int opset = 17;
  std::string soc_version;
  std::string cann_version;        // or its directory where it has none
  std::string opp_version;         // of the operator package, as far as it is known
  std::string host;                // "linux-aarch64": a model may hold code for the host
  std::vector<std::string> flags;  // of atc, with bare file names
  std::string op_precision_modes;
};

// sha256 of the ingredients: the name of the entry.
std::string OmKey(const OmIngredients& ingredients);

// The entry for `ingredients`; nullopt if there is none. `damage` then says what is wrong with one that is there.
std::optional<CompiledModel> FindCompiled(const std::string& cache, const OmIngredients& ingredients,
                                          std::string& damage);

// Moves the file `om`, and weights that lie in "weight" beside it, into the cache and completes `model`: path, key,
// size, digest. After a failure there is no entry.
Status StoreCompiled(const std::string& cache, const OmIngredients& ingredients, const std::string& om,
                     CompiledModel& model);

// Locks cache/NAME.lock. Waits up to `timeout_seconds` for another process; `waiting` is called once if it has to. On
// file systems without locks there is none: the work may then be done twice, and the results stay whole.
Result<FileLock> LockCache(const std::string& cache, const std::string& name, double timeout_seconds,
                           const std::function<void()>& waiting);

// The digest of the ONNX file that a model is exported to, so that one need not be written to find what was compiled
// from it. `source` stands for all that the export depends on.
std::optional<std::string> FindOnnxDigest(const std::string& cache, const std::string& source, int opset);
void StoreOnnxDigest(const std::string& cache, const std::string& source, int opset, const std::string& onnx_sha256);

// Makes the directory and tells whether files can be written there; kIo, with what to do, if not.
Status CheckCache(const std::string& cache);

}  // namespace convnext
