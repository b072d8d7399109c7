// No command writes over what it reads, over another of its outputs, or over a model that it did not make.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class CliFiles : public ShellTest {
 protected:
  CliFiles() {
    Shell(
        "convnext synth --config $GOLDEN/models/tiny_patch/config.json --output tiny; "
        "convnext preprocess --image_path $GOLDEN/images/one_pixel.png --output a.npy; "
        "cp $GOLDEN/images/one_pixel.png p.png; mkdir links; ln -s ../a.npy links/soft.npy; ln a.npy links/hard.npy; "
        "ln -s ../tiny/model.safetensors links/weights.npy; ln -s ../tiny/model.safetensors links/weights.onnx; "
        "ln -s ../p.png links/p.png; ln -s ../tiny links/model");
  }

  // After `setup` the command is refused with this message, and every file is as it was.
  void ExpectRefusal(const std::string& setup, const std::string& command,
                     const testing::Matcher<std::string>& message) {
    const Outcome outcome = Shell("digests() { find * -type f -print0 | sort -z | xargs -0 sha256sum; }\n" + setup +
                                  "\ndigests > .before; ( " + command + " ); code=$?; digests > .after\n" +
                                  "cmp .before .after && exit $code");
    EXPECT_EQ(outcome.exit_code, 2) << setup << "; " << command << "\n" << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, message) << command;
  }
  void ExpectRefusal(const std::string& command, const testing::Matcher<std::string>& message) {
    ExpectRefusal("", command, message);
  }
};

constexpr const char* kInfer = "convnext infer --model_path tiny --threads 1 --image_path ";

// Spelled in every way, through symbolic and hard links, and where directories are missing.
TEST_F(CliFiles, InferWritesOverNothingThatItReads) {
  for (const char* output : {"a.npy", "./links/../a.npy", "links/soft.npy", "links/hard.npy", "new/../a.npy"})
    ExpectRefusal(std::string(kInfer) + "a.npy --output " + output, HasSubstr("--output would write over a picture"));
  ExpectRefusal(std::string(kInfer) + "links/soft.npy --output a.npy", HasSubstr("would write over a picture"));
  ExpectRefusal("ls *.npy | " + std::string(kInfer) + "- --output a.npy", HasSubstr("would write over a picture"));
  ExpectRefusal(std::string(kInfer) + "p.png --output links/weights.npy", HasSubstr("over a file of the model"));
  for (const char* log : {"tiny/config.json", "tiny/config.log", "links/model/config.json"})
    ExpectRefusal(std::string(kInfer) + "p.png --output_log " + log, HasSubstr("over a file of the model"));
  ExpectRefusal(
      "cd tiny && convnext infer --model_path model.safetensors --image_path ../p.png --output_log config.log",
      HasSubstr("over a file of the model"));
  ExpectRefusal("mkdir t; ln a.npy t/tap_stage2.npy", std::string(kInfer) + "a.npy --taps t",
                HasSubstr("--taps would write over a picture"));
  ExpectRefusal(
      "mkdir -p raw/images; cp p.png raw/images/b.png; cp $GOLDEN/images/near_257x255.png raw/images/01_b.png",
      std::string(kInfer) + "raw/images/b.png raw/images/01_b.png --evidence .",
      HasSubstr("raw/images/01_b.png: --evidence would write over a picture"));
  ExpectRefusal("mkdir logs; ln -s ../tiny/config.json logs/inference.json", std::string(kInfer) + "p.png",
                HasSubstr("--output_log would write over a file of the model"));
}

TEST_F(CliFiles, InferWritesOverNothingElseThatItWrites) {
  ExpectRefusal(std::string(kInfer) + "p.png --output x.json --output_log x.json", HasSubstr("expected FILE.npy"));
  ExpectRefusal(std::string(kInfer) + "p.png --taps t --output t/tap_stem.npy", HasSubstr("would write over --output"));
  ExpectRefusal("ln -s tap_stage0.npy y.npy", std::string(kInfer) + "p.png --taps . --output y.npy",
                HasSubstr("would write over --output"));
  ExpectRefusal("touch x.log", std::string(kInfer) + "p.png --output_log x.log >> x.log", HasSubstr("standard output"));
  ExpectRefusal("echo p.png > list.json", std::string(kInfer) + "- --output_log list.json < list.json",
                HasSubstr("standard input"));
}

TEST_F(CliFiles, EndingsAreAskedFor) {
  for (const char* output : {"p.png", "tiny/model.safetensors", "e", "e.npy.txt", "e.npz"})
    ExpectRefusal(std::string(kInfer) + "p.png --output " + output, HasSubstr("expected FILE.npy"));
  for (const char* output : {"s.jpg", "s", "tiny/config.json"})
    ExpectRefusal(std::string("convnext preprocess --image_path p.png --output ") + output,
                  HasSubstr("expected FILE.png or FILE.npy"));
  ExpectRefusal("convnext export --model_path tiny --output tiny/model.safetensors", HasSubstr("expected FILE.onnx"));
  EXPECT_EQ(Shell(std::string(kInfer) + "p.png --no_log --output /dev/null").exit_code, 0);
}

TEST_F(CliFiles, OtherCommandsWriteOverNothing) {
  for (const char* output : {"p.png", "links/p.png"})
    ExpectRefusal(std::string("convnext preprocess --image_path p.png --output ") + output,
                  HasSubstr("would write over a picture"));
  ExpectRefusal("convnext preprocess --model_path tiny --image_path p.png --output links/weights.npy",
                HasSubstr("over a file of the model"));
  ExpectRefusal("convnext export --model_path tiny --output links/weights.onnx", HasSubstr("over a file of the model"));
  ExpectRefusal(
      "ln -s tiny/model.safetensors x.onnx.data; convnext export --model_path tiny --output x.onnx "
      "--external_data",
      HasSubstr("--external_data would write over a file of the model"));
  ExpectRefusal("convnext export --model_path tiny --output m.onnx --batch 2,2", HasSubstr("m.b2.onnx"));
  ExpectRefusal("mkdir results; ln -s ../tiny/config.json results/env_info.json", "convnext env --model_path tiny",
                HasSubstr("--output would write over a file of the model"));
  ExpectRefusal(
      "mkdir om; ln -s ../tiny/model.safetensors om/$(convnext inspect tiny --json | "
      "sed -n 's/.*\"model\": \"\\(.*\\)\",/\\1/p').Ascend910B4.float32.256.b1.om; convnext compile --model_path "
      "tiny --soc_version Ascend910B4 --batch 1 --output om",
      HasSubstr("over a file of the model"));
}

TEST_F(CliFiles, EvaluationsWriteOverNothing) {
  const std::string eval = "convnext eval accuracy --model_path tiny --num_images 1 ";
  ASSERT_EQ(Shell(eval + "--output run").exit_code, 0);
  Shell("cp run/results/accuracy_eval.json run/raw/accuracy_reference.json");
  ExpectRefusal(eval + "--reference run/raw/accuracy_reference.npy --output run", HasSubstr("over the reference"));
  ExpectRefusal("cp $GOLDEN/images/one_pixel.png run/raw/images/test_image.png",
                "convnext eval performance "
                "--model_path tiny --num_images 2 --image_path run/raw/images/test_image.png "
                "run/raw/images/01_test_image.png --output run",
                HasSubstr("over a picture that is read"));
  ExpectRefusal("convnext report --input run --output run", HasSubstr("not empty"));
}

TEST_F(CliFiles, AdaptWritesOverNothing) {
  const std::string adapt =
      "convnext adapt --model_path tiny --device cpu --batch_sizes 1 --runs 5 --warmup 1 --num_images 1 --threads 1 "
      "--output bundle ";
  ASSERT_EQ(Shell(adapt).exit_code, 0);
  for (const char* more : {"", "--force"})
    ExpectRefusal(adapt + more + " --image_path bundle/raw/images", HasSubstr("--output would write over a picture"));
  ExpectRefusal("ln bundle/raw/images/*.png outside.png", adapt + "--force --image_path outside.png",
                HasSubstr("--output would write over a picture"));
}

// What synth made may be replaced, by its own mark in the metadata; nothing else.
TEST_F(CliFiles, SynthReplacesOnlyItsOwn) {
  const std::string synth = "convnext synth --config $GOLDEN/models/tiny_patch/config.json --output ";
  EXPECT_EQ(Shell(synth + "tiny --seed 5").exit_code, 0);
  ExpectRefusal("convnext synth --config tiny/config.json --output tiny", HasSubstr("over the config that is read"));
  Shell("mkdir real; sed 's/convnext synth/somebody else/' tiny/model.safetensors > real/model.safetensors");
  Shell("mkdir config; cp tiny/config.json config; mkdir split; touch split/model.safetensors.index.json");
  Shell("mkdir clip; cp tiny/model.safetensors clip; cp real/model.safetensors clip/open_clip_model.safetensors");
  Shell(
      "mkdir link; ln -s ../real/model.safetensors link/model.safetensors; mkdir half; head -c 999 "
      "tiny/model.safetensors > half/model.safetensors");
  for (const char* directory : {"real", "config", "split", "clip", "link", "half"})
    ExpectRefusal(synth + directory, AllOf(HasSubstr("synth did not make it"), HasSubstr("--force")));
  EXPECT_EQ(Shell(synth + "real --force && " + synth + "real").exit_code, 0);
}

// A command that is added must be looked at here: does it write?
TEST_F(CliFiles, EveryCommandIsKnown) {
  std::istringstream help(Shell("convnext --help").out);
  std::set<std::string> commands;
  bool listed = false;
  for (std::string line; std::getline(help, line);) {
    if (line.starts_with("Subcommands:")) listed = true;
    if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      commands.insert(line.substr(2, line.find(' ', 2) - 2));
    if (line.starts_with("Examples")) break;
  }
  EXPECT_THAT(commands, ElementsAre("adapt", "check", "compare", "compile", "embed", "env", "eval", "export", "infer",
                                    "inspect", "merge", "preprocess", "report", "selftest", "synth"));
}

}  // namespace
}  // namespace convnext
