// Safetensors files: exact conversion, and nothing that the format forbids gets through.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "convnext/weights/dtype.h"
#include "convnext/weights/weights.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string Length(uint64_t length) { return {reinterpret_cast<const char*>(&length), sizeof length}; }

std::string File(const std::string& header, const std::string& data = "") {
  return Length(header.size()) + header + data;
}

std::string Entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

Result<Safetensors> Parse(const std::string& file) { return Safetensors::Parse(BytesOf(file), "f"); }

std::string RefusalOf(const std::string& header, const std::string& data = "") {
  const std::string file = File(header, data);
  return Refusal(Parse(file));
}

// The float32 values of one tensor of `dtype`, stored behind `padding` bytes.
Status Convert(const std::string& dtype, const std::string& data, std::span<float> values, size_t padding = 0) {
  const std::string buffer = std::string(padding, 'x') + data;
  const StoredTensor tensor{
      "some.weight", dtype, {static_cast<int64_t>(values.size())}, BytesOf(buffer).subspan(padding)};
  return ToFloat32(tensor, values);
}

// The value of a binary16, from its definition: (-1)^sign * 2^(exponent - 15) * (1 + fraction / 1024).
double HalfValue(uint32_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return half & 0x8000 ? -value : value;
}

TEST(Safetensors, ConvertsEveryHalfExactly) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const auto stored = static_cast<uint16_t>(half);
    const std::string data(reinterpret_cast<const char*>(&stored), sizeof stored);
    float value = 0;
    const bool finite = (half & 0x7c00) != 0x7c00;
    ASSERT_EQ(Convert("F16", data, {&value, 1}, 1).ok(), finite) << half;
    if (!finite) continue;
    ASSERT_EQ(value, static_cast<float>(HalfValue(half))) << half;
    ASSERT_EQ(std::signbit(value), half >= 0x8000) << half;
  }
}

TEST(Safetensors, ConvertsEveryBfloatExactly) {
  for (uint32_t upper = 0; upper < 0x10000; ++upper) {
    const auto stored = static_cast<uint16_t>(upper);
    const std::string data(reinterpret_cast<const char*>(&stored), sizeof stored);
    float value = 0;
    const bool finite = (upper & 0x7f80) != 0x7f80;
    ASSERT_EQ(Convert("BF16", data, {&value, 1}, 3).ok(), finite) << upper;
    if (!finite) continue;
    ASSERT_EQ(std::bit_cast<uint32_t>(value), upper << 16) << upper;
  }
}

TEST(Safetensors, KeepsTheBitsOfFloats) {
  const float stored[] = {1.5f, -0.0f, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max()};
  const std::string data(reinterpret_cast<const char*>(stored), sizeof stored);
  for (const size_t padding : {0u, 1u, 2u, 3u}) {
    float values[4];
    ASSERT_TRUE(Convert("F32", data, values, padding).ok());
    EXPECT_EQ(std::memcmp(values, stored, sizeof stored), 0);
  }
}

TEST(Safetensors, RefusesNanAndInfinityByName) {
  std::vector<float> stored(10000, 1.0f), values(10000);
  const auto refusal = [&](size_t place, float value) {
    stored.assign(stored.size(), 1.0f);
    stored[place] = value;
    return Refusal(Convert("F32", {reinterpret_cast<const char*>(stored.data()), 40000}, values));
  };
  EXPECT_THAT(refusal(0, INFINITY), HasSubstr("\"some.weight\" holds inf at index 0; weights must be finite"));
  EXPECT_THAT(refusal(4096, -INFINITY), HasSubstr("holds -inf at index 4096;"));
  EXPECT_THAT(refusal(9999, NAN), HasSubstr("holds nan at index 9999;"));
}

TEST(Safetensors, RefusesToConvertOtherTypes) {
  float value = 0;
  EXPECT_THAT(Refusal(Convert("I64", "12345678", {&value, 1})),
              HasSubstr("\"some.weight\" has dtype I64; expected F64, F32, F16 or BF16"));
  const StoredTensor one{"t", "F32", {1}, BytesOf("1234")};
  EXPECT_EQ(ToFloat32(one, {}).code(), Code::kInternal);
}

TEST(Safetensors, ReadsTensorsAndMetadata) {
  const std::string file = File(R"({"b":)" + Entry("U8", "[2,1]", "[4,6]") + R"(,"__metadata__":{"format":"pt"},"a":)" +
                                    Entry("F32", "[]", "[0,4]") + R"(,"c":)" + Entry("F32", "[0,5]", "[6,6]") + "}  ",
                                "1234xy");
  const auto parsed = ValueOrThrow(Parse(file));
  ASSERT_EQ(parsed.tensors().size(), 3u);
  EXPECT_EQ(parsed.tensors()[0].name, "a");
  EXPECT_EQ(parsed.Find("b"), &parsed.tensors()[1]);
  EXPECT_EQ(parsed.Find("bb"), nullptr);
  EXPECT_THAT(parsed.Find("b")->shape, ElementsAre(2, 1));
  EXPECT_EQ(std::memcmp(parsed.Find("b")->bytes.data(), "xy", 2), 0);
  EXPECT_THAT(parsed.metadata(), UnorderedElementsAre(Pair("format", "pt")));
}

TEST(Safetensors, ReadsWhatItWrites) {
  const TemporaryDirectory directory;
  const auto fill = [](float value) { return [=](std::span<float> out) { std::fill(out.begin(), out.end(), value); }; };
  ASSERT_TRUE(
      WriteSafetensors(directory / "w", {{"k", "v"}}, {{"z", {2, 3}, fill(1)}, {"a", {0}, fill(2)}, {"m", {}, fill(3)}})
          .ok());
  const Safetensors file = ValueOrThrow(Safetensors::Open(directory / "w"));
  EXPECT_THAT(file.metadata(), UnorderedElementsAre(Pair("k", "v")));
  std::vector<float> values(6);
  ASSERT_TRUE(ToFloat32(*file.Find("z"), values).ok());
  EXPECT_THAT(values, testing::Each(1.0f));
  EXPECT_EQ((file.Find("z")->bytes.data() - file.file().data()) % 8, 0);
  EXPECT_EQ(WriteSafetensors(directory / "x", {}, {{"a", {1}, fill(1)}, {"a", {1}, fill(1)}}).code(), Code::kInternal);
  EXPECT_THAT(directory.Names(), ElementsAre("w"));
}

TEST(Safetensors, RefusesAWrongHeaderLength) {
  EXPECT_THAT(Refusal(Parse("")), HasSubstr("f: the file is empty"));
  EXPECT_THAT(Refusal(Parse("short")), HasSubstr("5 bytes, too short"));
  EXPECT_THAT(Refusal(Parse(Length(3) + "{}")), HasSubstr("the header has 3 bytes, but only 2 follow"));
  EXPECT_THAT(Refusal(Parse(Length(0))), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(Refusal(Parse(Length(~uint64_t{0}) + "{}")), HasSubstr("a header of 18446744073709551615 bytes"));
  EXPECT_THAT(Refusal(Parse(Length(uint64_t{1} << 25) + "{}")), HasSubstr("at most 16777216 are read"));
  EXPECT_THAT(Refusal(Parse(File("[]"))), HasSubstr("does not begin with '{'"));
}

TEST(Safetensors, RefusesWrongOffsets) {
  const auto one = [](const std::string& offsets) { return R"({"t":)" + Entry("U8", "[4]", offsets) + "}"; };
  EXPECT_THAT(RefusalOf(one("[0,4]"), "123"),
              HasSubstr("tensor \"t\": its data ends at byte 4, but the file has only 3"));
  EXPECT_THAT(RefusalOf(one("[4,0]"), "1234"), HasSubstr("its data begins at 4, behind its end at 0"));
  EXPECT_THAT(RefusalOf(one("[1,4]"), "1234"), HasSubstr("3 bytes of data for U8 [4]; expected 4"));
  EXPECT_THAT(RefusalOf(one("[18446744073709551612,18446744073709551615]"), "1234"), HasSubstr("ends at byte 184467"));
  for (const std::string offsets :
       {"[0]", "[0,4,4]", "[-1,3]", "[0,4.0]", "\"0,4\"", "null", "[0,99999999999999999999]"}) {
    EXPECT_THAT(RefusalOf(one(offsets), "1234"), HasSubstr("\"data_offsets\" is not a pair of byte offsets"))
        << offsets;
  }
}

TEST(Safetensors, RefusesOverlapsAndHoles) {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":)" + Entry("U8", "[4]", a) + R"(,"b":)" + Entry("U8", "[4]", b) + "}";
  };
  EXPECT_TRUE(Parse(File(two("[4,8]", "[0,4]"), "12345678")).ok());
  EXPECT_THAT(RefusalOf(two("[0,4]", "[2,6]"), "123456"), HasSubstr("tensor \"b\" overlaps the one before"));
  EXPECT_THAT(RefusalOf(two("[0,4]", "[0,4]"), "1234"), HasSubstr("overlaps"));
  EXPECT_THAT(RefusalOf(two("[0,4]", "[5,9]"), "123456789"), HasSubstr("1 bytes before tensor \"b\" belong to none"));
  EXPECT_THAT(RefusalOf(two("[1,5]", "[5,9]"), "123456789"), HasSubstr("1 bytes before tensor \"a\" belong to none"));
  EXPECT_THAT(RefusalOf(two("[0,4]", "[4,8]"), "123456789"), HasSubstr("1 bytes behind the last tensor"));
}

TEST(Safetensors, RefusesWrongShapesAndTypes) {
  const auto one = [](const std::string& dtype, const std::string& shape) {
    return R"({"t":)" + Entry(dtype, shape, "[0,8]") + "}";
  };
  for (const std::string shape : {"[4294967296,4294967296]", "[9223372036854775807,2]", "[4611686018427387905,2]"}) {
    EXPECT_THAT(RefusalOf(one("F64", shape), "12345678"), HasSubstr("expected fewer than 2^63 elements")) << shape;
  }
  for (const std::string shape : {"[-1]", "[1.0]", "[\"1\"]", "[18446744073709551615]", "[[1]]"}) {
    EXPECT_THAT(RefusalOf(one("F64", shape), "12345678"), HasSubstr("\"shape\" holds")) << shape;
  }
  EXPECT_THAT(RefusalOf(one("F64", "1"), "12345678"), HasSubstr("\"shape\" is not a list"));
  EXPECT_THAT(RefusalOf(one("F64", "[1,1,1,1,1,1,1,1,1]"), "12345678"), HasSubstr("at most 8 sizes"));
  EXPECT_THAT(RefusalOf(one("Q4\\n", "[8]"), "12345678"), HasSubstr("unknown dtype \"Q4\\x0a\""));
  EXPECT_EQ(DtypeSize("BF16"), 2u);
  EXPECT_EQ(DtypeSize(""), std::nullopt);
}

TEST(Safetensors, RefusesMalformedHeaders) {
  const std::string tensor = Entry("U8", "[0]", "[0,0]");
  EXPECT_THAT(RefusalOf(R"({"a":)" + tensor + R"(,"a":)" + tensor + "}"), HasSubstr("\"a\" stands twice"));
  EXPECT_THAT(RefusalOf(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0]}})"), HasSubstr("\"dtype\" stands twice"));
  EXPECT_THAT(RefusalOf(R"({"a":{"dtype":"U8","shape":[0]}})"), HasSubstr("tensor \"a\": expected an object of"));
  EXPECT_THAT(RefusalOf(R"({"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}})"), HasSubstr("expected an object of"));
  EXPECT_THAT(RefusalOf(R"({"a":7})"), HasSubstr("expected an object of"));
  EXPECT_THAT(RefusalOf(R"({"__metadata__":[]})"), HasSubstr("\"__metadata__\" is not an object"));
  EXPECT_THAT(RefusalOf(R"({"__metadata__":{"a":1}})"), HasSubstr("the value of \"a\" is not a string"));
  EXPECT_THAT(RefusalOf("{\"a\":" + std::string(100000, '[')), HasSubstr("JSON nested deeper"));
  EXPECT_THAT(RefusalOf("{} {}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(RefusalOf(R"({")" + std::string(5000, '\x01') + R"(":1})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(RefusalOf(R"({")" + std::string(5000, 'n') + R"(":1})"), HasSubstr("nnn...\": expected an object"));
}

TEST(Safetensors, RefusesEveryTruncation) {
  const std::string file = File(R"({"a":)" + Entry("F32", "[2]", "[0,8]") + "}", "12345678");
  ASSERT_TRUE(Parse(file).ok());
  for (size_t size = 0; size < file.size(); ++size) {
    const std::string cut = file.substr(0, size);
    EXPECT_NE(Refusal(Parse(cut)), "(no error)") << size;
  }
  EXPECT_THAT(Refusal(Parse(file.substr(0, file.size() - 1))), HasSubstr("it is cut off; get it again"));
  EXPECT_THAT(Refusal(Parse(file + "9")), HasSubstr("1 bytes behind the last tensor"));
}

TEST(Safetensors, NamesWhatAFileIsInstead) {
  const auto refusal = [](const std::string& file) { return Refusal(Parse(file)); };
  EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
              HasSubstr("a git-lfs pointer, not the weights themselves; fetch the real file with `git lfs pull`"));
  for (const std::string html : {"<!DOCTYPE html>\n<html>", "\n <HTML lang=en>", "\xef\xbb\xbf<!doctype html><html>"}) {
    EXPECT_THAT(refusal(html), HasSubstr("an HTML page, not weights; download the file itself")) << html;
  }
  using std::string_literals::operator""s;
  const std::string pickles[] = {"PK\x03\x04\0\0\x08\x08 archive/data.pkl"s,
                                 "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 legacy"s, "\x80\x02}q\0(X\x01 dict"s};
  for (const std::string& pickle : pickles) {
    EXPECT_THAT(refusal(pickle), HasSubstr("a PyTorch checkpoint (a pickle"));
    EXPECT_THAT(refusal(pickle), HasSubstr("safetensors.torch.save_file("));
  }
  EXPECT_THAT(refusal(R"({"architecture": "convnext_base"})"), HasSubstr("a JSON text, not weights"));
  EXPECT_THAT(refusal(std::string(100, 'x')), HasSubstr("not a safetensors file: a header of"));
}

TEST(Safetensors, OpensFilesAndNamesTheirFaults) {
  const TemporaryDirectory directory;
  WriteText(directory / "empty", "");
  EXPECT_THAT(Refusal(Safetensors::Open(directory / "empty")), HasSubstr("/empty: the file is empty"));
  EXPECT_THAT(Refusal(Safetensors::Open(directory / "absent")), HasSubstr("No such file"));
  EXPECT_THAT(Refusal(Safetensors::Open(directory.path())), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace convnext
