// The commands of an Ascend user, on the emulator: they work, and where a call of AscendCL or atc fails they say why.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "emulator_shell.h"
#include "paths.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kInferOnNpu =
    "convnext infer --model_path model --image_path $GOLDEN/images/coffee_301x200_progressive.jpg --no_log "
    "--output out.npy --device npu";

class AscendCliTest : public EmulatorShellTest {
 protected:
  // The lines of the emulator's log that tell of a fault of its client.
  std::string Complaints() const {
    std::string found;
    std::istringstream log(ReadText(Path("calls")));
    for (std::string line; std::getline(log, line);) {
      if (line.starts_with("EMULATOR:")) found += line + "\n";
    }
    return found;
  }

  // The functions that were called, by name.
  std::set<std::string> Calls() const {
    std::set<std::string> names;
    std::istringstream log(ReadText(Path("calls")));
    for (std::string line; std::getline(log, line);) {
      if (line.starts_with("acl")) names.insert(line.substr(0, line.find('(')));
    }
    return names;
  }
};

TEST_F(AscendCliTest, InferCompilesOnceAndRuns) {
  const Outcome first = Shell(kInferOnNpu);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("npu:0 (Ascend910B4-emulator), float32"));
  EXPECT_THAT(first.err, HasSubstr("compil"));
  const std::string embedding = ReadText(Path("out.npy"));
  EXPECT_FALSE(embedding.empty());
  const Outcome second = Shell(kInferOnNpu);
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, Not(HasSubstr("compiling")));
  EXPECT_EQ(ReadText(Path("out.npy")), embedding);
  EXPECT_EQ(Complaints(), "");
}

TEST_F(AscendCliTest, CompileThenGiveTheFile) {
  ASSERT_EQ(Shell("convnext compile --model_path model --soc_version Ascend910B4-emulator --batch 1 --output compiled")
                .exit_code,
            0);
  std::string om;
  for (const auto& entry : std::filesystem::directory_iterator(Path("compiled"))) om = entry.path();
  ASSERT_TRUE(om.ends_with(".om")) << om;
  const Outcome good = Shell(std::string(kInferOnNpu) + " --om_path " + om);
  EXPECT_EQ(good.exit_code, 0) << good.err;
  // Nobody knows the flags of a file; that no operator is float16 is seen, also by a relative path.
  EXPECT_THAT(good.out, HasSubstr("float32-unverified"));
  ASSERT_EQ(Shell("cp " + om + " 'my model.om'").exit_code, 0);
  const Outcome relative = Shell(std::string(kInferOnNpu) + " --om_path 'my model.om'");
  EXPECT_EQ(relative.exit_code, 0) << relative.err;
  EXPECT_THAT(relative.err, HasSubstr("0 operators of the compiled graph read or write float16"));
  const Outcome timed = Shell(
      "convnext eval performance --model_path model --device npu --num_images 1 --batch_sizes 1,4 --om_path " + om);
  EXPECT_EQ(timed.exit_code, 2) << timed.err;
  EXPECT_THAT(timed.err, HasSubstr("no batch size 4"));
  WriteText(Path("text.om"), "not a model");
  EXPECT_EQ(Shell(std::string(kInferOnNpu) + " --om_path text.om").exit_code, 2);
  EXPECT_EQ(Shell(std::string(kInferOnNpu) + " --om_path missing.om").exit_code, 2);
  const Outcome other = Shell(std::string(kInferOnNpu) + " --om_path " + om + " --image_size 96");
  EXPECT_EQ(other.exit_code, 2) << other.err;
  EXPECT_THAT(other.err, HasSubstr("expected [N, 3, 96, 96]"));
  const Outcome chip =
      Shell(std::string(kInferOnNpu) + " --om_path " + om, "ASCEND_EMULATOR_SOC=Ascend910_9362-emulator");
  EXPECT_EQ(chip.exit_code, 3) << chip.err;
  EXPECT_THAT(chip.err, HasSubstr("npu.model.soc"));
}

// Each call that an inference makes fails once, with a code that says nothing: the program names the call, leaves no
// output and no resource, and ends. Calls that only give something back, or can be done without, do not matter.
TEST_F(AscendCliTest, EveryCallMayFail) {
  ASSERT_EQ(Shell(kInferOnNpu).exit_code, 0);
  const std::set<std::string> calls = Calls();
  EXPECT_GT(calls.size(), 30U);
  const std::set<std::string> harmless = {"aclsysGetCANNVersion", "aclsysGetVersionStr",       "aclFinalizeReference",
                                          "aclGetRecentErrMsg",   "aclmdlGetInputNameByIndex", "aclrtGetMemInfo",
                                          "aclrtEventElapsedTime"};
  for (const std::string& call : calls) {
    const bool gives_back = call.find("Destroy") != std::string::npos || call.find("Free") != std::string::npos ||
                            call.find("Unload") != std::string::npos || call.find("Reset") != std::string::npos;
    std::filesystem::remove(Path("out.npy"));
    WriteText(Path("calls"), "");
    const Outcome outcome =
        Shell(std::string("timeout 60 ") + kInferOnNpu, "'ASCEND_EMULATOR_FAULT=" + call + ":1:500000'");
    if (gives_back || harmless.contains(call)) {
      EXPECT_EQ(outcome.exit_code, 0) << call << "\n" << outcome.err;
      continue;
    }
    EXPECT_THAT(outcome.exit_code, testing::AnyOf(2, 3)) << call << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("error: ")) << call;
    EXPECT_FALSE(Exists("out.npy")) << call;
    EXPECT_EQ(Complaints(), "") << call;
  }
}

// From CANN 8.5 on weights lie beside the model: `compile --output` takes them along.
TEST_F(AscendCliTest, CompiledModelsTakeTheirWeightsAlong) {
  const std::string newer =
      ". '" + std::string(kEmulatorCann) + "-8.5/set_env.sh'\nexport XDG_CACHE_HOME=\"$PWD/cache\"\n";
  const Outcome compiled = ShellTest::Shell(
      newer + "convnext compile --model_path model --soc_version Ascend910B4-emulator --batch 1,2 --output out");
  EXPECT_EQ(compiled.exit_code, 0) << compiled.err;
  EXPECT_EQ(ShellTest::Shell("ls out/*.om | wc -l").out, "2\n");
  const Outcome direct = ShellTest::Shell(newer +
                                          "convnext infer --model_path model --device npu --no_log --batch_size 1 "
                                          "--image_path " +
                                          kPhoto + " --output direct.npy");
  EXPECT_EQ(direct.exit_code, 0) << direct.err;
  const Outcome moved = ShellTest::Shell(newer +
                                         "rm -rf cache && mv out moved && convnext infer --model_path model --device "
                                         "npu --om_path moved/*.b1.om --no_log --batch_size 1 --image_path " +
                                         kPhoto + " --output moved.npy && cmp direct.npy moved.npy");
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
}

// --device_preprocess: a quarter of the bytes are copied, and the embeddings are the same.
TEST_F(AscendCliTest, TheDeviceNormalises) {
  const std::string infer =
      std::string("convnext infer --model_path model --device npu --no_log --batch_size 2 --image_path ") + kPhoto;
  ASSERT_EQ(Shell(infer + " --output host.npy").exit_code, 0);
  const Outcome device = Shell(infer + " --device_preprocess --output device.npy && cmp host.npy device.npy");
  EXPECT_EQ(device.exit_code, 0) << device.err;
  EXPECT_EQ(Complaints(), "");
  EXPECT_EQ(
      Shell(infer + " --device_preprocess --image_path $GOLDEN/models/tiny_patch/input.npy --output no.npy").exit_code,
      2);
  const Outcome cpu =
      Shell(std::string("convnext infer --model_path model --no_log --device_preprocess --image_path ") + kPhoto);
  EXPECT_EQ(cpu.exit_code, 2);
  EXPECT_THAT(cpu.err, HasSubstr("the device is cpu"));
  EXPECT_THAT(Shell("convnext export --model_path model --output m.onnx --device_preprocess").out,
              HasSubstr("images uint8 [batch, 256, 256, 3]"));
}

struct Fault {
  const char* fault;
  const char* reason;
};

class AscendFaultTest : public AscendCliTest, public testing::WithParamInterface<Fault> {};
INSTANTIATE_TEST_SUITE_P(
    Codes, AscendFaultTest,
    testing::Values(
        Fault{"aclInit:507008", "npu.soc.unsupported"}, Fault{"aclInit:100039", "npu.cann.stub_library"},
        Fault{"aclrtGetDeviceCount:507899", "npu.driver.refused"},
        Fault{"aclrtGetDeviceCount:207004", "npu.device.none"}, Fault{"aclrtSetDevice:107001", "npu.device.index"},
        Fault{"aclrtSetDevice:507033", "npu.device.setup"}, Fault{"aclrtSetDevice:207006", "npu.device.permission"},
        Fault{"aclrtCreateContext:207005", "npu.resources"}, Fault{"aclrtCreateStream:207008", "npu.resources"},
        Fault{"aclrtCreateEventWithFlag:207007", "npu.resources"}, Fault{"aclrtMalloc:207001", "npu.device.memory"},
        Fault{"aclrtMalloc:2:207018", "npu.device.memory"}, Fault{"aclrtMallocHost:200000", "npu.host.memory"},
        Fault{"aclmdlLoadFromFile:145002", "npu.model.file"}, Fault{"aclmdlLoadFromFile:145006", "npu.model.file"},
        Fault{"aclmdlLoadFromFile:245000", "npu.device.memory"}, Fault{"aclmdlLoadFromFile:500002", "npu.model.soc"},
        Fault{"aclmdlGetDesc:145003", "npu.call.invalid"}, Fault{"aclrtMemcpyAsync:107003", "npu.call.invalid"},
        Fault{"aclmdlExecuteAsync:145000", "npu.model.input"}, Fault{"aclmdlExecuteAsync:507011", "npu.execute"},
        Fault{"aclrtSynchronizeStreamWithTimeout:507015", "npu.execute"},
        Fault{"aclrtSynchronizeStreamWithTimeout:507046", "npu.timeout"},
        Fault{"aclrtSynchronizeStreamWithTimeout:507901", "npu.device.lost"},
        Fault{"aclrtSynchronizeStreamWithTimeout:507054", "npu.device.unhealthy"},
        // One code, several causes.
        Fault{"aclrtSetDevice:507033=E30006: Failed to verify the OPP", "npu.cann.opp_damaged"},
        Fault{"aclmdlLoadFromFile:507008", "npu.model.soc"},
        Fault{"aclmdlLoadFromFile:500002=[ModelCheckCompatibility] the version is not compatible", "npu.model.soc"},
        Fault{"aclmdlLoadFromFile:500002=E19999: inner error", "npu.model.load"},
        Fault{"aclmdlExecuteAsync:507009", "npu.task.unsupported"},
        Fault{"aclrtSynchronizeStreamWithTimeout:507018", "npu.device.wedged"},
        Fault{"aclrtSynchronizeStreamWithTimeout:507013", "npu.copy"}));

TEST_P(AscendFaultTest, HasItsReason) {
  const Outcome outcome =
      Shell(std::string("timeout 60 ") + kInferOnNpu, "'ASCEND_EMULATOR_FAULT=" + std::string(GetParam().fault) + "'");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().reason)) << outcome.err;
  EXPECT_FALSE(Exists("out.npy"));
  // Memory that a stuck device may still use is not given back.
  if (std::string_view(GetParam().reason) == "npu.timeout") {
    EXPECT_THAT(Complaints(), Not(HasSubstr("misuse")));
  } else {
    EXPECT_EQ(Complaints(), "");
  }
}

class AtcFaultTest : public AscendCliTest, public testing::WithParamInterface<Fault> {};
INSTANTIATE_TEST_SUITE_P(Codes, AtcFaultTest,
                         testing::Values(Fault{"E20001", "npu.atc."}, Fault{"python", "npu.atc.python"},
                                         Fault{"crash", "npu.atc.crashed"}, Fault{"no_output", "npu.atc.no_output"},
                                         Fault{"E13010", "npu.atc.operator"}));

TEST_P(AtcFaultTest, HasItsReason) {
  const Outcome outcome = Shell(kInferOnNpu, "'ASCEND_EMULATOR_ATC_FAULT=" + std::string(GetParam().fault) + "'");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().reason)) << outcome.err;
  EXPECT_FALSE(Exists("out.npy"));
}

TEST_F(AscendCliTest, TooLittleDeviceMemory) {
  const Outcome outcome = Shell(kInferOnNpu, "ASCEND_EMULATOR_MEMORY_MB=1");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("npu.device.memory"));
  EXPECT_EQ(Complaints(), "");
}

TEST_F(AscendCliTest, DevicesThatAreNotThere) {
  EXPECT_THAT(Shell(kInferOnNpu, "ASCEND_EMULATOR_DEVICES=0").err, HasSubstr("aclrtGetDeviceCount gave 207004"));
  const Outcome outcome = Shell(std::string(kInferOnNpu) + ":5");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("npu.device.index"));
}

TEST_F(AscendCliTest, EnvironmentNamesTheDevice) {
  const Outcome outcome = Shell("convnext env --device npu --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err << outcome.out;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["npu_available"], true);
  EXPECT_EQ(json["npu_name"], "Ascend910B4-emulator");
  EXPECT_EQ(json["npu_count"], 1);
  EXPECT_THAT(json["driver_version"].get<std::string>(), HasSubstr("emulator"));
  EXPECT_TRUE(json["blocking_reasons"].empty());
}

// All that an Ascend user does, and what the verifier says of it: nothing but that this is an emulator.
TEST_F(AscendCliTest, AdaptCompletesAndCheckKnowsTheEmulator) {
  const Outcome adapt =
      Shell("convnext adapt --model_path model --device npu:all --batch_sizes 1,4 --num_images 3 --output bundle",
            "ASCEND_EMULATOR_DEVICES=2");
  EXPECT_EQ(adapt.exit_code, 1) << adapt.err;
  const Outcome embed = Shell(
      "convnext embed --model_path model --device npu:0 --batch_size 4 --input bundle/raw/images "
      "--output out --evidence bundle");
  EXPECT_EQ(embed.exit_code, 0) << embed.err;
  const Outcome check = Shell("convnext check bundle");
  EXPECT_THAT(check.out, HasSubstr("pass            R11"));
  EXPECT_EQ(check.exit_code, 1);
  std::set<std::string> failed;
  std::istringstream lines(check.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("fail")) failed.insert(line);
  }
  EXPECT_THAT(failed, Contains(HasSubstr("E4"))) << check.out;
  EXPECT_EQ(failed.size(), 1U) << check.out;
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")),
              AllOf(HasSubstr("hardware: NPU"), HasSubstr("**EMULATOR. No NPU took part.**"),
                    Not(HasSubstr("measured on an NPU.**"))));
  EXPECT_THAT(ReadText(Path("bundle/README.md")), HasSubstr("**模拟器。没有任何 NPU 参与。**"));
  EXPECT_THAT(ReadText(Path("bundle/logs/performance_eval.log")), HasSubstr("by the device's clock"));
  EXPECT_EQ(Complaints(), "");
}

// Each precision that an NPU offers: nothing fails but that this is an emulator, and the reference's side can be run
// again.
TEST_F(AscendCliTest, AdaptInEveryPrecision) {
  for (const std::string dtype : {"float32", "float32-reduced", "float16"}) {
    const std::string output = " bundle-" + dtype;
    const Outcome adapt = Shell(
        "convnext adapt --model_path model --device npu:0 --batch_sizes 1 --num_images 1 --runs 5 "
        "--warmup 1 --dtype " +
        dtype + " --output" + output);
    EXPECT_EQ(adapt.exit_code, 1) << adapt.err;
    const Outcome check = Shell("convnext check --rerun --model_path model --json" + output);
    EXPECT_EQ(check.exit_code, 1);
    const nlohmann::json report = nlohmann::json::parse(check.out);
    for (const auto& rule : report["rules"]) {
      EXPECT_EQ(rule["outcome"] == "fail" || rule["outcome"] == "not checked", rule["id"] == "E4") << rule;
    }
  }
}

// The commands of the Python adaptation.
TEST_F(AscendCliTest, Launchers) {
  const std::string source = kSourceDirectory;
  ASSERT_EQ(Shell("cp -r " + source + "/inference.py " + source + "/eval .").exit_code, 0);
  const std::string image = " --model_path model --image_path $GOLDEN/images/chelsea_451x300_444.jpg --device npu";
  EXPECT_EQ(Shell("python3 inference.py" + image).exit_code, 0);
  EXPECT_THAT(ReadText(Path("logs/inference.log")), HasSubstr("Ascend910B4-emulator"));
  EXPECT_EQ(Shell("python3 eval/eval_accuracy.py --num_images 1" + image).exit_code, 0);
  EXPECT_EQ(Shell("python3 eval/eval_performance.py --num_images 1 --batch_sizes 1" + image).exit_code, 0);
  EXPECT_TRUE(Exists("results/accuracy_eval.json"));
  EXPECT_TRUE(Exists("results/performance_eval.json"));
}

// The top of the README says that a model was not computed in float32.
TEST_F(AscendCliTest, LostPrecisionIsTold) {
  const Outcome adapt =
      Shell("convnext adapt --model_path model --device npu --batch_sizes 1 --num_images 2 --output bundle",
            "ASCEND_EMULATOR_ATC_FAULT=cast");
  EXPECT_EQ(adapt.exit_code, 1) << adapt.err;
  EXPECT_THAT(adapt.err, HasSubstr("warning: float32 was asked for, this is float32-reduced"));
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), HasSubstr("> **PRECISION: float32-reduced.**"));
  EXPECT_THAT(ReadText(Path("bundle/README.md")), HasSubstr("> **精度：float32-reduced。**"));
}

// A device that fails only when it runs is a reason like any other: the bundle has the CPU's numbers.
TEST_F(AscendCliTest, AdaptWhereKernelsFail) {
  const Outcome adapt =
      Shell("convnext adapt --model_path model --device npu --batch_sizes 1 --num_images 2 --output bundle",
            "'ASCEND_EMULATOR_FAULT=aclmdlExecuteAsync:1:507015'");
  EXPECT_EQ(adapt.exit_code, 3) << adapt.err;
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), AllOf(HasSubstr("NPU BLOCKED"), HasSubstr("`npu.execute`")));
}

TEST_F(AscendCliTest, OneAdaptInADirectory) {
  const Outcome second = Shell(
      "mkdir bundle; exec 9<bundle; flock 9; convnext adapt --model_path model --device cpu --num_images 1 --output "
      "bundle");
  EXPECT_EQ(second.exit_code, 2) << second.err;
  EXPECT_THAT(second.err, HasSubstr("another convnext writes there"));
}

TEST_F(AscendCliTest, NotForACpu) {
  const Outcome outcome =
      Shell("convnext infer --model_path model --image_path $GOLDEN/images/chelsea_451x300_444.jpg --om_path x.om");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--om_path"));
}

}  // namespace
}  // namespace convnext
