// The table of precisions: the names that the command line and records know.
#include "convnext/tensor/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Precision kAll[] = {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat32Reduced,
                              Precision::kFloat16, Precision::kFloat32Unverified};

std::string Refusal(std::string_view text, DeviceKind device) {
  const auto parsed = ParsePrecision(text, device);
  return parsed.ok() ? "" : parsed.status().message();
}

TEST(Precision, NamesGoBothWays) {
  for (const Precision precision : kAll) EXPECT_EQ(FindPrecision(Name(precision)), precision);
  for (const char* text : {"", "fp32", "bf16", "Float32", "float16 on NPU"})
    EXPECT_EQ(FindPrecision(text), std::nullopt);
}

TEST(Precision, AliasesAreOfTheCommandLine) {
  EXPECT_EQ(*ParsePrecision("fp32", DeviceKind::kCpuReference), Precision::kFloat32);
  EXPECT_EQ(*ParsePrecision("bf16", DeviceKind::kCpu), Precision::kBfloat16);
  EXPECT_EQ(*ParsePrecision("fp16", DeviceKind::kNpu), Precision::kFloat16);
}

TEST(Precision, EachDeviceTakesItsOwn) {
  for (const Precision precision : kAll) {
    const bool cpu = precision == Precision::kFloat32 || precision == Precision::kBfloat16;
    const bool npu = precision != Precision::kBfloat16, reported = precision == Precision::kFloat32Unverified;
    EXPECT_EQ(CheckPrecision(precision, DeviceKind::kCpu).ok(), cpu) << Name(precision);
    EXPECT_EQ(MayReport(DeviceKind::kCpu, precision), cpu) << Name(precision);
    EXPECT_EQ(CheckPrecision(precision, DeviceKind::kCpuReference).ok(), precision == Precision::kFloat32);
    EXPECT_EQ(CheckPrecision(precision, DeviceKind::kNpu).ok(), npu && !reported) << Name(precision);
    EXPECT_EQ(MayReport(DeviceKind::kNpu, precision), npu) << Name(precision);
  }
}

TEST(Precision, RefusalsNameTheChoices) {
  EXPECT_EQ(Refusal("fp16", DeviceKind::kCpu), "--dtype float16 is not supported on cpu; expected float32 or bfloat16");
  EXPECT_EQ(Refusal("bfloat16", DeviceKind::kCpuReference),
            "--dtype bfloat16 is not supported on cpu-reference; expected float32");
  EXPECT_EQ(Refusal("float32-unverified", DeviceKind::kNpu),
            "--dtype float32-unverified is not supported on npu; expected float32, float32-reduced or float16");
  EXPECT_EQ(Refusal("int8\n", DeviceKind::kNpu),
            "unknown dtype \"int8\\x0a\"; expected float32, float32-reduced or float16");
  EXPECT_EQ(Refusal("", DeviceKind::kCpu), "unknown dtype \"\"; expected float32 or bfloat16");
}

TEST(Precision, HelpHasWhatCanBeAskedFor) {
  EXPECT_THAT(PrecisionChoices(), AllOf(HasSubstr("float32 (or fp32), bfloat16 (or bf16; on cpu; products of bfloat16"),
                                        HasSubstr("float16 (or fp16; on npu)"), Not(HasSubstr("unverified"))));
  EXPECT_THAT(PrecisionChoices(DeviceKind::kNpu), AllOf(HasSubstr("float32-reduced (products of float16 values"),
                                                        Not(HasSubstr("bfloat16")), Not(HasSubstr("unverified"))));
}

}  // namespace
}  // namespace convnext
