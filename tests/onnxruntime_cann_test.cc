// The emulator of AscendCL under a client that others wrote: ONNX Runtime's CANN provider, unmodified from its wheel,
// runs our exported models on it. Skipped with a message where the index of packages cannot be reached.
// See docs/ascend-facts.md, "Clients: ONNX Runtime".
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "convnext/onnx/onnx.h"
#include "paths.h"
#include "python_env.h"
#include "shell.h"
#include "test_util.h"

namespace convnext {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCann = "CANNExecutionProvider";
constexpr double kFloat32Pct = 2e-4;  // DESIGN.md, as on the CPU

// The values that onnxruntime_cann.py printed.
struct Measured {
  std::vector<std::string> providers;
  int cann_nodes = 0, cpu_nodes = 0;
  std::map<std::string, int> operators;  // on the CANN provider
  double error_pct = 0;                  // the largest of all images
};

// Skips where this machine has no such wheel: another Python, another processor.
PythonEnv MakeCannEnv() {
  try {
    return MakePythonEnv("onnxruntime_cann");
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    if (text.find("No matching distribution found for onnxruntime-cann") == std::string::npos) throw;
    return {"", text};
  }
}

class OnnxRuntimeCann : public testing::Test {
 protected:
  void SetUp() override {
    const PythonEnv env = MakeCannEnv();
    if (env.python.empty()) GTEST_SKIP() << env.missing;
    python_ = env.python;
  }

  // A golden model as ONNX, with the batch and the size of its golden input.
  std::string Export(const std::string& name, int opset) const {
    const Shape shape = ValueOrThrow(ReadNpyFloat32(GoldenPath("models/" + name + "/input.npy"))).shape;
    const SyntheticModel model = MakeModel(GoldenConfig(name), name == "tiny_patch" ? 1 : 2);
    const std::string path = directory_ / fmt::format("{}_{}.onnx", name, opset);
    const Status status =
        WriteOnnx(model.file, {.opset = opset, .batch = shape[0], .height = shape[2], .width = shape[3]}, path);
    EXPECT_TRUE(status.ok()) << status.message();
    return path;
  }

  // `command` in `folder` of the test's directory. LD_BIND_NOW: all functions that the provider imports must be there.
  ProcessResult RunIn(const std::string& folder, const std::vector<std::string>& command,
                      std::map<std::string, std::string> variables = {}) const {
    std::filesystem::create_directories(directory_ / folder);
    std::vector<std::string> line = {"sh", "-c", "cd \"$0\" && . \"$CANN/set_env.sh\" && exec \"$@\"",
                                     directory_ / folder};
    line.insert(line.end(), command.begin(), command.end());
    variables.insert({{"CANN", kEmulatorCann},
                      {"LD_BIND_NOW", "1"},
                      {"OPENBLAS_NUM_THREADS", "1"},
                      {"ASCEND_EMULATOR_LOG", directory_ / (folder + "/calls")}});
    return ValueOrThrow(RunProcess(line, {.timeout_seconds = 120, .variables = std::move(variables)}));
  }

  // The provider leaves compiled models in the current directory and looks for them there.
  ProcessResult RunModel(const std::string& folder, const std::string& name, const std::string& model,
                         const std::vector<std::string>& options, std::map<std::string, std::string> variables = {}) {
    const std::string golden = GoldenPath("models/" + name + "/");
    std::vector<std::string> command = {python_,       std::string(kSourceDirectory) + "/tests/onnxruntime_cann.py",
                                        "--model",     model,
                                        "--input",     golden + "input.npy",
                                        "--reference", golden + "embedding_f64.npy"};
    command.insert(command.end(), options.begin(), options.end());
    return RunIn(folder, command, std::move(variables));
  }

  Measured Measure(const std::string& folder, const std::string& name, const std::string& model,
                   const std::vector<std::string>& options, std::map<std::string, std::string> variables = {}) {
    const ProcessResult result = RunModel(folder, name, model, options, std::move(variables));
    const size_t start = result.output.find("{\"providers\"");
    if (result.exit_code != 0 || start == std::string::npos) throw std::runtime_error(result.output);
    const Json json = Json::parse(result.output.substr(start));
    Measured measured;
    measured.providers = json.at("providers");
    measured.cann_nodes = json.at("nodes").value(kCann, 0);
    measured.cpu_nodes = json.at("nodes").value("CPUExecutionProvider", 0);
    measured.operators = json.at("operators");
    for (const double error : json.at("error_pct")) measured.error_pct = LargerOrNan(measured.error_pct, error);
    std::cout << fmt::format("{} {}: {} nodes on CANN, {} on the CPU, max error {:.3g} %\n", folder,
                             fmt::join(options, " "), measured.cann_nodes, measured.cpu_nodes, measured.error_pct);
    return measured;
  }

  std::string Calls(const std::string& folder) const { return ReadText(directory_ / (folder + "/calls")); }

  // The one file with this ending in a folder of the test's directory.
  std::string FindOnlyFile(const std::string& folder, const std::string& ending) const {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / folder)) {
      if (entry.path().extension() != ending) continue;
      EXPECT_EQ(found, "") << "two files *" << ending;
      found = entry.path();
    }
    return found;
  }

  TemporaryDirectory directory_;

 private:
  std::string python_;
};

class OnnxRuntimeCannModels : public OnnxRuntimeCann, public testing::WithParamInterface<std::tuple<std::string, int>> {
 protected:
  std::string Name() const { return std::get<0>(GetParam()); }
  std::string Model() const { return Export(Name(), std::get<1>(GetParam())); }
};

const std::vector<std::string> kGraph = {"--option", "enable_cann_graph=1"};
const std::vector<std::string> kKeepTypes = {"--option", "enable_cann_graph=1", "--option",
                                             "precision_mode=must_keep_origin_dtype"};
constexpr const char* kFloat32Ini =
    "[ByOpType]\nConv2D=enable_float_32_execution\n"
    "DepthwiseConv2D=enable_float_32_execution\n";

// The whole model as one graph, compiled by aclgrphBuildModel. Without an option it is compiled to float16, as by atc.
// With the types kept convolutions are still HF32: op_precision_mode, which turns it off, is none of the provider's
// options (onnxruntime/core/providers/cann/cann_execution_provider_info.cc), so 2e-4 % is out of reach on such a chip.
TEST_P(OnnxRuntimeCannModels, RunsAsOneGraph) {
  const std::string model = Model();
  const Measured float16 = Measure("float16", Name(), model, kGraph), kept = Measure("kept", Name(), model, kKeepTypes);
  for (const Measured& measured : {float16, kept}) {
    EXPECT_EQ(measured.providers.front(), kCann);
    EXPECT_EQ(measured.cann_nodes, 1);
    EXPECT_EQ(measured.cpu_nodes, 0);
  }
  EXPECT_LT(kept.error_pct, 0.06);
  EXPECT_GT(kept.error_pct, 10 * kFloat32Pct);
  EXPECT_GT(float16.error_pct, 1.5 * kept.error_pct);
  EXPECT_LT(float16.error_pct, 0.5);
  const std::string calls = Calls("kept");
  for (const char* call : {"aclgrphParseONNXFromMem", "aclgrphBuildModel", "aclmdlLoadFromMem", "aclmdlExecuteAsync"})
    EXPECT_THAT(calls, HasSubstr(std::string(call) + "("));
  EXPECT_THAT(calls, Not(HasSubstr("misuse")));
}

// A user can turn HF32 off: the provider loads a model that lies where it would have put its own. atc, with the flags
// that turn HF32 off, makes one from the graph that the provider dumps.
TEST_P(OnnxRuntimeCannModels, RunsAGraphThatAtcCompiledInFloat32) {
  const std::string model = Model();
  std::vector<std::string> dump = kGraph;
  dump.insert(dump.end(), {"--option", "dump_graphs=1"});
  EXPECT_GT(Measure("graph", Name(), model, dump).error_pct, 10 * kFloat32Pct);
  const std::string graph = FindOnlyFile("graph", ".onnx"), om = FindOnlyFile("graph", ".om");
  WriteText(directory_ / "fp32.ini", kFloat32Ini);
  const Shape shape = ValueOrThrow(ReadNpyFloat32(GoldenPath("models/" + Name() + "/input.npy"))).shape;
  const ProcessResult atc =
      RunIn("atc",
            {"atc", "--mode=0", "--framework=5", "--model=" + graph, "--output=m", "--soc_version=Ascend910B4-emulator",
             "--input_format=NCHW", fmt::format("--input_shape={}:{}", kOnnxInput, fmt::join(shape, ",")),
             "--precision_mode_v2=origin", "--op_precision_mode=" + directory_ / "fp32.ini"});
  ASSERT_EQ(atc.exit_code, 0) << atc.output;
  std::filesystem::rename(FindOnlyFile("atc", ".om"), om);
  std::filesystem::remove(directory_ / "graph/calls");

  const Measured measured = Measure("graph", Name(), model, kGraph);
  EXPECT_EQ(measured.cann_nodes, 1);
  EXPECT_EQ(measured.cpu_nodes, 0);
  EXPECT_LE(measured.error_pct, kFloat32Pct);
  EXPECT_THAT(Calls("graph"), HasSubstr("aclmdlLoadFromFile("));
  EXPECT_THAT(Calls("graph"), Not(HasSubstr("aclgrph")));
}

// One aclopCompileAndExecute for each node that the provider has a kernel for; the rest runs on the CPU, with copies
// between. Its products are of float16 unless the user sets the compile options.
TEST_P(OnnxRuntimeCannModels, RunsAsSingleOperators) {
  const std::string model = Model();
  WriteText(directory_ / "fp32.ini", kFloat32Ini);
  const std::vector<std::string> single = {"--option", "enable_cann_graph=0"};
  std::vector<std::string> exact = single;
  exact.insert(exact.end(), {"--compile_option", "0=must_keep_origin_dtype",         // ACL_PRECISION_MODE
                             "--compile_option", "13=" + directory_ / "fp32.ini"});  // ACL_OP_PRECISION_MODE
  const Measured as_is = Measure("as_is", Name(), model, single), float32 = Measure("exact", Name(), model, exact);
  for (const Measured& measured : {as_is, float32}) {
    EXPECT_EQ(measured.providers.front(), kCann);
    EXPECT_GT(measured.cann_nodes, 100);
    for (const char* type : {"Conv", "Add", "Mul", "Div", "Erf"}) EXPECT_GT(measured.operators.count(type), 0U) << type;
  }
  EXPECT_LE(float32.error_pct, kFloat32Pct);
  EXPECT_GT(as_is.error_pct, 10 * kFloat32Pct);
  EXPECT_THAT(Calls("exact"), HasSubstr("aclopCompileAndExecute(\"Conv2D\""));
  EXPECT_THAT(Calls("exact"), Not(HasSubstr("misuse")));
}

INSTANTIATE_TEST_SUITE_P(Golden, OnnxRuntimeCannModels,
                         testing::Combine(testing::Values("tiny_patch", "odd_channels"), testing::Values(13, 17)),
                         [](const auto& parameter) {
                           return fmt::format("{}_{}", std::get<0>(parameter.param), std::get<1>(parameter.param));
                         });

// Without a device the provider is not there, and ONNX Runtime uses the CPU: what the counts above would show.
TEST_F(OnnxRuntimeCann, RefusesWithoutADevice) {
  const std::string model = Export("tiny_patch", 17);
  const Measured measured = Measure("none", "tiny_patch", model, kGraph, {{"ASCEND_EMULATOR_DEVICES", "0"}});
  EXPECT_THAT(measured.providers, testing::ElementsAre("CPUExecutionProvider"));
  EXPECT_EQ(measured.cann_nodes, 0);
  EXPECT_GT(measured.cpu_nodes, 0);
  EXPECT_LE(measured.error_pct, kFloat32Pct);
  EXPECT_THAT(Calls("none"), HasSubstr("aclrtSetDevice(0) = 107001"));
}

// Its own error handling meets the emulator's codes.
TEST_F(OnnxRuntimeCann, ReportsWhatFails) {
  const std::string model = Export("tiny_patch", 17);
  struct Fault {
    const char *fault, *code;
  };
  for (const Fault& fault : {Fault{"aclmdlLoadFromMem:245000", "245000"}, Fault{"aclmdlExecuteAsync:507011", "507011"},
                             Fault{"aclrtSynchronizeStream:507014", "507014"}}) {
    const std::string folder = std::string("fault_") + fault.code;
    const ProcessResult result =
        RunModel(folder, "tiny_patch", model, kGraph, {{"ASCEND_EMULATOR_FAULT", fault.fault}});
    EXPECT_NE(result.exit_code, 0) << fault.fault;
    EXPECT_THAT(result.output, HasSubstr(std::string("CANN failure ") + fault.code)) << fault.fault;
  }
}

}  // namespace
}  // namespace convnext
