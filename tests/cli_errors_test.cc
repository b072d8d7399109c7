// Bad input through the binary: one clear message, the documented exit code, nothing left behind.
#include <gmock/gmock.h>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kInferTiny = "convnext infer --model_path tiny --output e.npy --image_path ";

class CliErrors : public ShellTest {
 protected:
  CliErrors() { Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny"); }

  void ExpectError(const std::string& command, int exit_code, const testing::Matcher<std::string>& message) {
    const Outcome outcome = Shell(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << command << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("convnext: error: "), message)) << command;
    EXPECT_LT(outcome.err.size(), 4000U) << command;
    EXPECT_FALSE(Exists("e.npy")) << command;
    EXPECT_FALSE(Exists("logs/inference.json")) << command;
  }
};

TEST_F(CliErrors, Models) {
  const std::string image = std::string(" --output e.npy --image_path ") + kPhoto;
  ExpectError("convnext infer" + image, 2,
              AllOf(HasSubstr("--model_path"), HasSubstr("weights/convnext_base.clip_laion2b")));
  ExpectError("convnext infer --model_path nowhere" + image, 2, HasSubstr("nowhere"));
  ExpectError("mkdir empty; convnext infer --model_path empty" + image, 2,
              AllOf(HasSubstr("empty"), HasSubstr("model.safetensors")));
  ExpectError("mkdir pt; touch pt/pytorch_model.bin; convnext infer --model_path pt" + image, 2,
              HasSubstr("pytorch_model.bin"));
  ExpectError(
      "head -c 1000 tiny/model.safetensors > cut.safetensors; convnext infer --model_path cut.safetensors" + image, 2,
      HasSubstr("cut.safetensors"));
  ExpectError(
      "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 3\\n' > l.safetensors; "
      "convnext infer --model_path l.safetensors" +
          image,
      2, HasSubstr("git-lfs"));
  ExpectError("echo '<!DOCTYPE html><html></html>' > h.safetensors; convnext infer --model_path h.safetensors" + image,
              2, HasSubstr("HTML"));
  ExpectError("echo '{' > tiny/config.json; convnext infer --model_path tiny" + image, 2, HasSubstr("config.json"));
}

TEST_F(CliErrors, Pictures) {
  ExpectError(std::string(kInferTiny) + "missing.jpg", 2, AllOf(HasSubstr("missing.jpg"), HasSubstr("No such file")));
  ExpectError(std::string("head -c 3000 ") + kPhoto + " > cut.jpg; " + kInferTiny + "cut.jpg", 2,
              AllOf(HasSubstr("cut.jpg"), HasSubstr("truncated")));
  ExpectError(std::string("touch empty.png; ") + kInferTiny + "empty.png", 2, HasSubstr("empty"));
  ExpectError(std::string("printf 'P7\\nWIDTH' > a.pam; ") + kInferTiny + "a.pam", 2,
              AllOf(HasSubstr("PAM"), HasSubstr("expected a picture (JPEG, PNG, WebP, ")));
  ExpectError(std::string("mkdir none; ") + kInferTiny + "none", 2, HasSubstr("no pictures"));
  ExpectError(std::string(kInferTiny) + "-", 2, HasSubstr("standard input"));
  ExpectError(std::string(kInferTiny) + kPhoto + " --max_pixels 60000", 2,
              AllOf(HasSubstr("301x200"), HasSubstr("--max_pixels")));
  ExpectError(std::string(kInferTiny) + "$GOLDEN/models/tiny_patch/embedding_f64.npy", 2, HasSubstr("float32"));
}

TEST_F(CliErrors, DevicesAndTypes) {
  ExpectError(std::string(kInferTiny) + kPhoto + " --device npu", 3,
              HasSubstr("device npu cannot be used: [npu.driver.missing]"));
  ExpectError(std::string(kInferTiny) + kPhoto + " --device npu:3", 3, HasSubstr("npu:3"));
  ExpectError(std::string(kInferTiny) + kPhoto + " --device gpu", 2,
              AllOf(HasSubstr("gpu"), HasSubstr("cpu-reference")));
  ExpectError(std::string(kInferTiny) + kPhoto + " --device npu:x", 2, HasSubstr("npu:x"));
  ExpectError(std::string(kInferTiny) + kPhoto + " --dtype float16", 2,
              HasSubstr("not supported on cpu; expected float32 or bfloat16"));
  ExpectError(std::string(kInferTiny) + kPhoto + " --simd_target MMX", 2, HasSubstr("MMX"));
}

// The library's own bounds, and before anything is loaded.
TEST_F(CliErrors, Numbers) {
  const std::string infer = std::string(kInferTiny) + kPhoto;
  ExpectError(infer + " --batch_size 4097", 2, HasSubstr("--batch_size: value 4097: expected 1 to 4096"));
  ExpectError(infer + " --batch-size 0", 2, HasSubstr("value 0: expected 1 to 4096"));
  ExpectError(infer + " --threads 1025", 2, HasSubstr("--threads: value 1025: expected 1 to 1024"));
  ExpectError(infer + " --threads many", 2, HasSubstr("--threads: \"many\": expected a number"));
  ExpectError(infer + " --image_size 31", 2,
              HasSubstr("--image_size \"31\": expected N, or HEIGHTxWIDTH, each from 32 to 8192"));
  ExpectError(infer + " --max_pixels 0", 2, HasSubstr("value 0: expected 1 to 4294967296"));
  ExpectError("convnext eval performance --model_path tiny --min_time nan", 2,
              HasSubstr("--min_time: value nan: expected 0 to 86400"));
  ExpectError("convnext eval accuracy --model_path tiny --num_images 1001", 2,
              HasSubstr("value 1001: expected 1 to 1000"));
  EXPECT_THAT(Shell("convnext infer --help").out,
              AllOf(HasSubstr("INT in [1 - 4096]"), HasSubstr("INT in [1 - 1024]")));
}

TEST_F(CliErrors, Outputs) {
  const std::string infer = std::string("convnext infer --model_path tiny --image_path ") + kPhoto;
  ExpectError(infer + " --output /dev/full", 4, HasSubstr("No space left"));
  ExpectError("touch file; " + infer + " --output file/e.npy", 2, HasSubstr("file/e.npy"));
  ExpectError("touch logs; " + infer + " --output e.npy", 2, HasSubstr("logs/inference.json"));
  ExpectError("rm logs; mkdir -p d/e.npy; " + infer + " --output d/e.npy", 2, HasSubstr("d/e.npy"));
  // A file size limit is a full disk that needs no disk.
  ExpectError(std::string("ulimit -f 8; convnext preprocess --output e.npy --image_path ") + kPhoto, 4,
              HasSubstr("File too large"));
  EXPECT_EQ(Shell("ls -A | grep -v '^\\.'").out, "d\nfile\ntiny\n");
  const Outcome full = Shell(infer + " --no_log > /dev/full");
  EXPECT_EQ(full.exit_code, 4);
  EXPECT_THAT(full.err, HasSubstr("standard output"));
}

TEST_F(CliErrors, InterruptLeavesNothing) {
  for (const char* signal : {"INT", "TERM"}) {
    // At 4000 pixels the reference takes some twenty seconds; the signal comes long before.
    const Outcome outcome = Shell(std::string("exec timeout --foreground -s ") + signal + " 0.4 " + kInferTiny +
                                  kPhoto + " --device cpu-reference --image_size 4000");
    EXPECT_EQ(outcome.exit_code, 124) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("interrupted"));
    EXPECT_EQ(Shell("ls -A | grep -v '^\\.\\(command\\|out\\|err\\)$'").out, "tiny\n");
  }
}

}  // namespace
}  // namespace convnext
