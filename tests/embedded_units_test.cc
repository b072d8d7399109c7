// The list of the units that a bundle holds of an embedding: only what this program writes is read.
#include <gmock/gmock.h>

#include "convnext/bundle/bundle.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;

std::string Line(int64_t unit, const std::string& failures = "{}") {
  return fmt::format(R"({{"unit":{},"pictures":3,"rows":3,"failures":{},"commit_sha256":"ab"}})", unit, failures) +
         "\n";
}

std::string ErrorOf(const std::string& text) { return ParseEmbeddedUnits(text).status().message(); }

TEST(EmbeddedUnits, AreReadAsTheyWereWritten) {
  const std::string text = Line(0) + Line(7, R"({"file.missing":2,"picture.empty":1})");
  const auto units = ValueOrThrow(ParseEmbeddedUnits(text));
  ASSERT_EQ(units.size(), 2U);
  EXPECT_EQ(units[1].unit, 7);
  EXPECT_EQ(CountFailures(units[1].failures), 3);
  EXPECT_EQ(EmbeddedUnitsText(units), text);
  const EmbeddingTotals totals = TotalsOf(units);
  EXPECT_EQ(totals.pictures, 6);
  EXPECT_EQ(totals.failed, 3);
  EXPECT_TRUE(ParseEmbeddedUnits("").ok());
}

TEST(EmbeddedUnits, NothingElseIsRead) {
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("the list is cut"));
  EXPECT_THAT(ErrorOf("{}\n"), HasSubstr("line 1: the field \"unit\" is missing"));
  EXPECT_THAT(ErrorOf("\n"), HasSubstr("line 1"));
  EXPECT_THAT(ErrorOf(Line(1) + Line(1)), HasSubstr("line 2: unit 1 after unit 1"));
  EXPECT_THAT(ErrorOf(Line(1) + Line(0)), HasSubstr("unit 0 after unit 1"));
  EXPECT_THAT(ErrorOf(Line(-1)), HasSubstr("line 1"));
  EXPECT_THAT(ErrorOf(Line(0, R"({"picture.empty":0})")), HasSubstr("cannot be"));
  EXPECT_THAT(ErrorOf(Line(0, R"({"picture.empty":2000000000000})")), HasSubstr("cannot be"));
  EXPECT_THAT(ErrorOf(" " + Line(0)), HasSubstr("not spelled"));
  EXPECT_THAT(ErrorOf(R"({"note":1,)" + Line(0).substr(1)), HasSubstr("\"note\" is not known"));
  EXPECT_THAT(ErrorOf(Line(0, R"({"a":)" + std::string(5000, ' ') + "1}")), HasSubstr("line 1"));
}

TEST(EmbeddedUnits, ThereIsAMostOfThem) {
  EXPECT_THAT(ErrorOf(std::string(static_cast<size_t>(kMaxEmbeddedUnits) + 1, '\n')),
              HasSubstr("more than 100000 units"));
  EXPECT_THAT(ErrorOf(std::string(size_t{65} << 20, ' ')), HasSubstr("at most 67108864"));
}

}  // namespace
}  // namespace convnext
