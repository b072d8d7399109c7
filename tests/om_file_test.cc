// The header of compiled models, and the search of their graphs for float16.
#include "convnext/ascend/compile/om_file.h"

#include "convnext/ascend/compile/precision_audit.h"
#include "om_bytes.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<OmHeader> ParseOm(const std::string& file) { return ParseOmHeader(BytesOf(file)); }

TEST(OmHeader, IsRead) {
  const OmHeader header = ValueOrThrow(ParseOm(OmBytes("payload")));
  EXPECT_EQ(header.version, 0x20000000U);
  EXPECT_EQ(header.model_length, 7U);
  EXPECT_FALSE(header.dynamic_shape);
  EXPECT_EQ(header.name, "model");
  EXPECT_EQ(header.platform_version, "8.1");
}

TEST(OmHeader, OlderFilesHaveTheLengthInTheFirstPlace) {
  std::string file = OmBytes("payload");
  PutLittleEndian(file, 184, 0, 8);
  EXPECT_EQ(ValueOrThrow(ParseOm(file)).model_length, 7U);
  PutLittleEndian(file, 76, 0, 4);
  EXPECT_THAT(Refusal(ParseOm(file)), HasSubstr("empty after its header"));
}

TEST(OmHeader, NamesAreMadePrintable) {
  std::string file = OmBytes("payload");
  file.replace(84, 32, std::string("a\x1b[31m\xff") + std::string(25, 'x'));  // no zero byte at its end
  file[193] = 1;
  const OmHeader header = ValueOrThrow(ParseOm(file));
  EXPECT_EQ(header.name, "a\\x1b[31m\\xff" + std::string(25, 'x'));
  EXPECT_TRUE(header.dynamic_shape);
}

TEST(OmHeader, RefusesOtherFiles) {
  const std::string good = OmBytes("payload");
  EXPECT_THAT(Refusal(ParseOm("")), HasSubstr("the file is empty"));
  EXPECT_THAT(Refusal(ParseOm("IM")), HasSubstr("cut off: 2 bytes"));
  EXPECT_THAT(Refusal(ParseOm(std::string("\x08\x07\x12\0onnx", 8))), HasSubstr("starts with \"\\x08\\x07\\x12\""));
  EXPECT_THAT(Refusal(ParseOm(good.substr(0, 200))), HasSubstr("cut off: 200 bytes"));
  EXPECT_THAT(Refusal(ParseOm(good.substr(0, good.size() - 1))),
              HasSubstr("is cut off: 6 bytes after the header, which says 7"));
  EXPECT_THAT(Refusal(ParseOm(good + "x")), HasSubstr("longer than it should be"));
  std::string file = good;
  PutLittleEndian(file, 184, UINT64_MAX, 8);
  EXPECT_THAT(Refusal(ParseOm(file)), HasSubstr("which says 18446744073709551615"));
  file = good;
  PutLittleEndian(file, 4, 512, 4);
  EXPECT_THAT(Refusal(ParseOm(file)), HasSubstr("a header of 512 bytes; 256 is"));
}

// As atc writes it: graphs, operators, descriptors.
std::string Graph(const std::string& operators) {
  return R"({"name": "model", "graph": [{"name": "main", "op": [)" + operators + "]}]}";
}
std::string Operator(const std::string& name, const std::string& type, const std::string& in, const std::string& out) {
  return fmt::format(R"({{"name": "{}", "type": "{}", "input_desc": [{{"dtype": "{}", "shape": {{"dim": [1, 3]}}}}],
                         "output_desc": [{{"dtype": "{}"}}]}})",
                     name, type, in, out);
}

TEST(PrecisionAudit, Float32IsClean) {
  const auto audit = ValueOrThrow(ParseGraphJson(Graph(Operator("stem", "Conv2D", "DT_FLOAT", "DT_FLOAT") + "," +
                                                       Operator("shape", "Shape", "DT_FLOAT", "DT_INT64"))));
  EXPECT_EQ(audit.operators, 2);
  EXPECT_EQ(audit.float16_count, 0);
  EXPECT_TRUE(audit.float16_operators.empty());
}

TEST(PrecisionAudit, FindsCastsAndFloat16Operators) {
  const auto audit = ValueOrThrow(ParseGraphJson(Graph(Operator("in", "Cast", "DT_FLOAT", "DT_FLOAT16") + "," +
                                                       Operator("stem", "Conv2D", "DT_FLOAT16", "DT_FLOAT16") + "," +
                                                       Operator("fc", "MatMul", "DT_BF16", "DT_FLOAT") + "," +
                                                       Operator("norm", "LayerNorm", "DT_FLOAT", "DT_FLOAT"))));
  EXPECT_EQ(audit.operators, 4);
  EXPECT_EQ(audit.float16_count, 3);
  EXPECT_THAT(audit.float16_operators, ElementsAre("in (Cast)", "stem (Conv2D)", "fc (MatMul)"));
}

// The second descriptor counts as the first does, and an operator in a graph within an attribute as any other.
TEST(PrecisionAudit, LooksEverywhere) {
  const std::string second =
      R"({"name": "add", "type": "Add", "input_desc": [{"dtype": "DT_FLOAT"}, {"dtype": "DT_FLOAT16"}]})";
  const auto nested = R"({"attr": [{"key": "subgraph", "value": {"g": )" +
                      Graph(second + "," + Operator("deep", "Cast", "DT_FLOAT16", "DT_FLOAT")) + "}}]}";
  const auto audit = ValueOrThrow(ParseGraphJson(nested));
  EXPECT_THAT(audit.float16_operators, ElementsAre("add (Add)", "deep (Cast)"));
}

TEST(PrecisionAudit, NamesConstantsLast) {
  const auto audit = ValueOrThrow(ParseGraphJson(Graph(Operator("w", "Const", "DT_FLOAT16", "DT_FLOAT16") + "," +
                                                       Operator("fc", "MatMul", "DT_FLOAT16", "DT_FLOAT"))));
  EXPECT_THAT(audit.float16_operators, ElementsAre("fc (MatMul)", "w (Const)"));
}

TEST(PrecisionAudit, NamesAFew) {
  std::string operators = Operator("c0", "Cast", "DT_FLOAT", "DT_FLOAT16");
  for (int i = 1; i < 100; ++i) operators.append(",").append(Operator("c", "Cast", "DT_FLOAT", "DT_FLOAT16"));
  const auto audit = ValueOrThrow(ParseGraphJson(Graph(operators)));
  EXPECT_EQ(audit.float16_count, 100);
  EXPECT_EQ(audit.float16_operators.size(), 8U);
}

// Where nothing was looked at, nothing is said.
TEST(PrecisionAudit, RefusesWhatTellsNothing) {
  EXPECT_THAT(Refusal(ParseGraphJson("")), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(ParseGraphJson(R"({"graph": []})")), HasSubstr("no operator"));
  EXPECT_THAT(Refusal(ParseGraphJson(Graph(R"({"name": "x", "type": "Conv2D", "input_desc": [{"dtype": 2}]})"))),
              HasSubstr("no operator whose"));
  EXPECT_THAT(Refusal(ParseGraphJson(Graph(R"({"name": "x", "type": "Conv2D", "input_desc": {"dtype": "DT_FLOAT"}})"))),
              HasSubstr("no operator whose"));
  EXPECT_THAT(Refusal(ParseGraphJson(std::string(100, '[') + std::string(100, ']'))), HasSubstr("deeper than 64"));
}

}  // namespace
}  // namespace convnext
