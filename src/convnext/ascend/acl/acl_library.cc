#include "convnext/ascend/acl/acl_library.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>

#include "convnext/ascend/host/host.h"

namespace convnext {
namespace {

constexpr const char* kLibrary = "libascendcl.so";
constexpr int kMaxMissing = 64;  // libraries that one may lack
constexpr int kMaxDepth = 16;    // of libraries that need libraries

std::string LoaderError() {
  const char* text = ::dlerror();
  return text == nullptr ? "unknown error of the loader" : Printable(text, 600);
}

// Plug-ins that CANN loads later want to see its symbols: RTLD_GLOBAL.
void* Open(const std::string& path) { return ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL); }

// "libascend_hal.so" of "libascend_hal.so: cannot open shared object file: No such file or directory".
std::string MissingLibrary(const std::string& error) {
  const size_t end = error.find(": cannot open shared object file");
  if (end == std::string::npos) return {};
  const std::string name = error.substr(0, end);
  return name.find('/') == std::string::npos ? name : "";
}

// Where the libraries of CANN and of the driver lie, without those for linking only.
// See docs/ascend-facts.md, "Host: CANN installation" and "Host: driver and devices".
std::vector<std::string> LibraryDirectories(const Machine& machine, const std::optional<CannInstallation>& cann) {
  std::vector<std::string> directories;
  if (cann) {
    for (const char* place : {"/lib64", "/runtime/lib64", "/compiler/lib64"}) directories.push_back(cann->root + place);
  }
  for (std::string& directory : DriverLibraries(InspectDriver(machine).directory))
    directories.push_back(std::move(directory));
  return directories;
}

// The loader names one missing library at a time. One that lies in `directories` is loaded by its path, with what it
// needs in turn; the loader then takes it for the missing one, as both have the same SONAME.
void* OpenWithDependencies(const std::string& path, const std::vector<std::string>& directories, std::string& error,
                           int depth = kMaxDepth) {
  for (int i = 0; i < kMaxMissing; ++i) {
    if (void* library = Open(path)) return library;
    error = LoaderError();
    const std::string missing = MissingLibrary(error);
    if (missing.empty() || missing == path || depth == 0) return nullptr;
    const auto found = std::find_if(directories.begin(), directories.end(), [&missing](const std::string& directory) {
      return ::access(fmt::format("{}/{}", directory, missing).c_str(), F_OK) == 0;
    });
    if (found == directories.end()) return nullptr;
    if (OpenWithDependencies(fmt::format("{}/{}", *found, missing), directories, error, depth - 1) == nullptr)
      return nullptr;
  }
  return nullptr;
}

void* OpenLibrary(const Machine& machine, const std::optional<CannInstallation>& cann, std::string& error) {
  const std::vector<std::string> directories = LibraryDirectories(machine, cann);
  if (void* library = OpenWithDependencies(kLibrary, directories, error)) return library;
  for (const std::string& directory : directories) {
    const std::string path = fmt::format("{}/{}", directory, kLibrary);
    if (::access(path.c_str(), F_OK) != 0) continue;
    if (void* library = OpenWithDependencies(path, directories, error)) return library;
  }
  return nullptr;
}

std::string PathOf(void* library) {
  link_map* map = nullptr;
  return ::dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr ? map->l_name : "";
}

// Looks functions up by name and remembers those that are missing.
class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}

  template <class Function>
  void Find(const char* name, Function& function) {
    FindOptional(name, function);
    if (function == nullptr) fmt::format_to(std::back_inserter(missing_), "{}{}", missing_.empty() ? "" : ", ", name);
  }
  template <class Function>
  void FindOptional(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library_, name));
  }
  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

void FindRuntime(Symbols& symbols, AclApi& api) {
  symbols.Find("aclInit", api.aclInit);
  symbols.Find("aclFinalize", api.aclFinalize);
  symbols.FindOptional("aclFinalizeReference", api.aclFinalizeReference);
  symbols.Find("aclGetRecentErrMsg", api.aclGetRecentErrMsg);
  symbols.FindOptional("aclsysGetCANNVersion", api.aclsysGetCANNVersion);
  symbols.FindOptional("aclsysGetVersionStr", api.aclsysGetVersionStr);
  symbols.Find("aclrtGetDeviceCount", api.aclrtGetDeviceCount);
  symbols.Find("aclrtGetRunMode", api.aclrtGetRunMode);
  symbols.Find("aclrtGetSocName", api.aclrtGetSocName);
  symbols.Find("aclrtSetDevice", api.aclrtSetDevice);
  symbols.Find("aclrtResetDevice", api.aclrtResetDevice);
  symbols.Find("aclrtCreateContext", api.aclrtCreateContext);
  symbols.Find("aclrtDestroyContext", api.aclrtDestroyContext);
  symbols.Find("aclrtSetCurrentContext", api.aclrtSetCurrentContext);
  symbols.Find("aclrtCreateStream", api.aclrtCreateStream);
  symbols.Find("aclrtDestroyStream", api.aclrtDestroyStream);
  symbols.Find("aclrtSynchronizeStreamWithTimeout", api.aclrtSynchronizeStreamWithTimeout);
  symbols.Find("aclrtCreateEventWithFlag", api.aclrtCreateEventWithFlag);
  symbols.Find("aclrtDestroyEvent", api.aclrtDestroyEvent);
  symbols.Find("aclrtRecordEvent", api.aclrtRecordEvent);
  symbols.Find("aclrtEventElapsedTime", api.aclrtEventElapsedTime);
}

void FindMemory(Symbols& symbols, AclApi& api) {
  symbols.Find("aclrtMalloc", api.aclrtMalloc);
  symbols.Find("aclrtFree", api.aclrtFree);
  symbols.Find("aclrtMallocHost", api.aclrtMallocHost);
  symbols.Find("aclrtFreeHost", api.aclrtFreeHost);
  symbols.Find("aclrtMemcpyAsync", api.aclrtMemcpyAsync);
  symbols.Find("aclrtMemcpy", api.aclrtMemcpy);
  symbols.Find("aclrtGetMemInfo", api.aclrtGetMemInfo);
  symbols.Find("aclCreateDataBuffer", api.aclCreateDataBuffer);
  symbols.Find("aclDestroyDataBuffer", api.aclDestroyDataBuffer);
}

void FindModel(Symbols& symbols, AclApi& api) {
  symbols.Find("aclmdlLoadFromFile", api.aclmdlLoadFromFile);
  symbols.Find("aclmdlCreateConfigHandle", api.aclmdlCreateConfigHandle);
  symbols.Find("aclmdlDestroyConfigHandle", api.aclmdlDestroyConfigHandle);
  symbols.Find("aclmdlSetConfigOpt", api.aclmdlSetConfigOpt);
  symbols.FindOptional("aclmdlSetExternalWeightAddress", api.aclmdlSetExternalWeightAddress);
  symbols.Find("aclmdlLoadWithConfig", api.aclmdlLoadWithConfig);
  symbols.Find("aclmdlUnload", api.aclmdlUnload);
  symbols.Find("aclmdlCreateDesc", api.aclmdlCreateDesc);
  symbols.Find("aclmdlDestroyDesc", api.aclmdlDestroyDesc);
  symbols.Find("aclmdlGetDesc", api.aclmdlGetDesc);
  symbols.Find("aclmdlGetNumInputs", api.aclmdlGetNumInputs);
  symbols.Find("aclmdlGetNumOutputs", api.aclmdlGetNumOutputs);
  symbols.Find("aclmdlGetInputSizeByIndex", api.aclmdlGetInputSizeByIndex);
  symbols.Find("aclmdlGetOutputSizeByIndex", api.aclmdlGetOutputSizeByIndex);
  symbols.Find("aclmdlGetInputDims", api.aclmdlGetInputDims);
  symbols.Find("aclmdlGetOutputDims", api.aclmdlGetOutputDims);
  symbols.Find("aclmdlGetInputNameByIndex", api.aclmdlGetInputNameByIndex);
  symbols.Find("aclmdlGetInputDataType", api.aclmdlGetInputDataType);
  symbols.Find("aclmdlGetOutputDataType", api.aclmdlGetOutputDataType);
  symbols.Find("aclmdlGetDynamicBatch", api.aclmdlGetDynamicBatch);
  symbols.Find("aclmdlSetDynamicBatchSize", api.aclmdlSetDynamicBatchSize);
  symbols.Find("aclmdlCreateDataset", api.aclmdlCreateDataset);
  symbols.Find("aclmdlDestroyDataset", api.aclmdlDestroyDataset);
  symbols.Find("aclmdlAddDatasetBuffer", api.aclmdlAddDatasetBuffer);
  symbols.Find("aclmdlExecuteAsync", api.aclmdlExecuteAsync);
}

Status NotLoaded(const std::string& error, const std::optional<CannInstallation>& cann) {
  const Bilingual script =
      cann && cann->set_env ? Same(*cann->set_env) : Say({"the set_env.sh of CANN", "CANN 的 set_env.sh"});
  return Status({MakeReason(
      "npu.cann.library", Same(error), Say({"libascendcl.so cannot be loaded", "无法加载 libascendcl.so"}),
      Say({"source {}, and look at convnext env --device npu", "source {}，并查看 convnext env --device npu"},
          script))});
}

Status IsForLinking(const std::string& path) {
  return Status(
      {MakeReason("npu.cann.stub_library", Say({"libascendcl.so is {}", "加载到的 libascendcl.so 为 {}"}, path),
                  Say({"this library is for linking only", "该库只供链接"}),
                  Say({"take its directory out of LD_LIBRARY_PATH", "从 LD_LIBRARY_PATH 中去掉其目录"}))});
}

Status LacksSymbols(const std::string& path, const std::string& missing) {
  return Status({MakeReason("npu.cann.symbols", Say({"{} lacks {}", "{} 缺少 {}"}, path, missing),
                            Say({"this CANN is older than 8.1, or not complete", "该 CANN 低于 8.1，或不完整"}),
                            Say({"install CANN 8.1 or later", "安装 CANN 8.1 或更高版本"}))});
}

}  // namespace

Result<AclApi> LoadAclLibrary(const Machine& machine, const std::optional<CannInstallation>& cann) {
  std::string error;
  void* library = OpenLibrary(machine, cann, error);
  if (library == nullptr) return NotLoaded(error, cann);
  const std::string path = Printable(PathOf(library), 500);
  if (IsStub(path)) return IsForLinking(path);
  AclApi api;
  Symbols symbols(library);
  FindRuntime(symbols, api);
  FindMemory(symbols, api);
  FindModel(symbols, api);
  if (symbols.missing().empty()) return api;
  return LacksSymbols(path, symbols.missing());
}

}  // namespace convnext
