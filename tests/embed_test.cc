// Inputs and plans of convnext embed.
#include "convnext/embed/embed.h"

#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(EmbedInputs, PatternsStandForNames) {
  EXPECT_THAT(ValueOrThrow(ExpandPattern("s/{008..011}.tar")),
              ElementsAre("s/008.tar", "s/009.tar", "s/010.tar", "s/011.tar"));
  EXPECT_THAT(ValueOrThrow(ExpandPattern("{a,b}{1..2}")), ElementsAre("a1", "a2", "b1", "b2"));
  EXPECT_THAT(ValueOrThrow(ExpandPattern("plain")), ElementsAre("plain"));
  EXPECT_THAT(Refusal(ExpandPattern("{0..9")), HasSubstr("without its }"));
  EXPECT_THAT(Refusal(ExpandPattern("{0..99999999999}")), HasSubstr("more than"));
}

TEST(EmbedInputs, ListsAreLinesOrSeparatedByNul) {
  EXPECT_THAT(ListEntries("a\r\n\nb c\n"), ElementsAre("a", "b c"));
  EXPECT_THAT(ListEntries(std::string("a\nb\0c\0", 6)), ElementsAre("a\nb", "c"));
}

TEST(EmbedInputs, TablesAreReadAsRfc4180Says) {
  EXPECT_THAT(ValueOrThrow(TableColumn("x,image\n\"a\"\"b\nc\",1\r\n2,\"d,e\"", ',', "")), ElementsAre("1", "d,e"));
  EXPECT_THAT(ValueOrThrow(TableColumn("x\ty\n\"a\tb\n", '\t', "y")), ElementsAre("b"));
  EXPECT_THAT(Refusal(TableColumn("x,path\n1\n", ',', "")), HasSubstr("row 2 has no path"));
}

TEST(EmbedPlan, IsReadAsItWasWritten) {
  const TemporaryDirectory directory;
  FoundInputs found{.root = "/data", .files = {"a.jpg", "caf\xE9.jpg", "a.jpg"}, .archives = {}};
  const NewPlan made = ValueOrThrow(MakePlan(found, "[\"in\"]", "{\"model\":\"m\"}", {.rows_per_file = 2}));
  const Plan plan = ValueOrThrow(WritePlan(directory / "out", made));
  EXPECT_EQ(plan.sha256, made.plan.sha256);
  EXPECT_EQ(PlanJson(plan), ReadText(directory / "out/plan.json"));
  EXPECT_THAT(plan.units, SizeIs(2));
  const auto first = ValueOrThrow(ReadFileList(directory / "out", plan, 0));
  EXPECT_EQ(first[1].key, "caf\\xe9.jpg");
  EXPECT_EQ(first[1].path, "caf\xE9.jpg");
  EXPECT_TRUE(ValueOrThrow(ReadFileList(directory / "out", plan, 1))[0].duplicate);
  WriteText(directory / "out/inputs/00000.jsonl", "{\"key\":\"b.jpg\"}\n");
  EXPECT_THAT(Refusal(ReadFileList(directory / "out", plan, 0)),
              HasSubstr("not the list that plan.json was made with"));
  // Another process's plan of other inputs.
  found.files.pop_back();
  EXPECT_THAT(Refusal(WritePlan(directory / "out", ValueOrThrow(MakePlan(found, "[\"in\"]", "{}", {})))),
              HasSubstr("another process"));
}

TEST(EmbedPlan, OtherTextsAreRefused) {
  for (const std::string text :
       {"", "{}", "[]", "{\"format\":\"convnext-embed-plan-1\"}", "{\"format\":\"convnext-embed-plan-9\"}"})
    EXPECT_FALSE(Refusal(ParsePlan(text)).empty());
}

std::string WithUnit(const std::string& unit, const std::string& samples = "5", const std::string& identity = "{}") {
  return fmt::format(
      "{{\"format\":\"convnext-embed-plan-1\",\"inputs\":[],\"root\":\"/"
      "\",\"identity\":{},\"carry\":[],\"archives\":[{{"
      "\"shard\":\"a.tar\",\"path\":\"/a.tar\",\"bytes\":1,\"samples\":{}}}],\"units\":[{{{}}}]}}",
      identity, samples, unit);
}

// What another program wrote into a plan must not become a size or an index.
TEST(EmbedPlan, NumbersOutOfBoundsAreRefused) {
  const std::string sound = "\"archive\":0,\"first\":2,\"count\":3";
  EXPECT_EQ(ValueOrThrow(ParsePlan(WithUnit(sound))).inputs_count(), 3);
  for (const std::string unit :
       {"\"archive\":1,\"first\":0,\"count\":1", "\"archive\":0,\"first\":3,\"count\":3",
        "\"archive\":0,\"first\":-1,\"count\":1", "\"archive\":0,\"first\":0,\"count\":1e300",
        "\"archive\":0.5,\"first\":0,\"count\":1", "\"count\":10000001,\"inputs_sha256\":\"\"",
        "\"count\":18446744073709551615,\"inputs_sha256\":\"\"", "\"count\":-1,\"inputs_sha256\":\"\""})
    EXPECT_FALSE(Refusal(ParsePlan(WithUnit(unit))).empty()) << unit;
  EXPECT_FALSE(Refusal(ParsePlan(WithUnit(sound, "-5"))).empty());
  for (const std::string identity : {"[]", "1", "{\"store\":1}", "{\"simd_target\":[]}", "{\"embedding_dim\":\"x\"}"})
    EXPECT_THAT(Refusal(ParsePlan(WithUnit(sound, "5", identity))), HasSubstr("identity")) << identity;
}

TEST(EmbedOutput, LinesThatAreNoRecordsAreRefused) {
  EXPECT_EQ(ValueOrThrow(ParseRecordLine("{\"index\":7,\"key\":\"a\"}")), 7);
  EXPECT_EQ(ValueOrThrow(ParseRecordLine("{\"index\":null,\"key\":null}")), std::nullopt);
  for (const std::string line : {"", "{}", "[]", "{\"index\":-1,\"key\":\"a\"}", "{\"index\":1.5,\"key\":\"a\"}",
                                 "{\"index\":18446744073709551615,\"key\":\"a\"}"})
    EXPECT_FALSE(Refusal(ParseRecordLine(line)).empty()) << line;
  EXPECT_THAT(ValueOrThrow(ParseFileList("{\"key\":\"a\"}\n{\"key\":\"b\",\"path_bytes\":\"ff\"}\n")), SizeIs(2));
  EXPECT_FALSE(Refusal(ParseFileList("{\"key\":\"b\",\"path_bytes\":\"fff\"}\n")).empty());
  EXPECT_FALSE(Refusal(ParseCommitted("{\"unit\":1}")).empty());
}

std::string LogLine(const std::string& event, int64_t unix_time, const std::string& rest = "") {
  return fmt::format("{{\"event\":\"{}\",\"unix_time\":{}{}}}\n", event, unix_time, rest);
}

TEST(EmbedPace, TheLastWholeLineOfALogCounts) {
  const std::string begin = LogLine("begin", 5), end = LogLine("end", 70, ",\"seconds\":2.5,\"inputs\":10");
  const LogTail tail = ParseLogTail("of a line\n" + begin + end + "{\"event\":\"beg").value();
  EXPECT_TRUE(tail.ended);
  EXPECT_EQ(tail.unix_time, 70);
  EXPECT_EQ(tail.seconds, 2.5);
  EXPECT_EQ(tail.inputs, 10);
  EXPECT_EQ(ParseLogTail(begin).value().inputs, 0);
  for (const std::string other : {"", "\n", "{}\n", "[]\n", "1\n", "{\"event\":1,\"unix_time\":\"x\"}\n",
                                  "{\"event\":\"end\",\"unix_time\":1,\"seconds\":1,\"inputs\":-3}\n"})
    EXPECT_FALSE(ParseLogTail(other)) << other;
  // What no run writes is no rate.
  for (const char* numbers : {"0,\"inputs\":3", "-1,\"inputs\":3", "1,\"inputs\":0"})
    EXPECT_EQ(ParseLogTail(LogLine("end", 1, std::string(",\"seconds\":") + numbers)).value().inputs, 0) << numbers;
}

TEST(EmbedPace, RunsThatWriteCountTogetherAndRunsThatEndedOnAverage) {
  const TemporaryDirectory directory;
  const auto write = [&directory](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(directory / "log");
    WriteText(directory / ("log/" + name + ".jsonl"), text);
  };
  EXPECT_EQ(ReadPace(directory.path(), 1000).running, 0);
  EXPECT_FALSE(ReadPace(directory.path(), 1000).SecondsFor(5));
  EXPECT_EQ(ReadPace(directory.path(), 1000).SecondsFor(0), 0);
  write("100-a-1", LogLine("begin", 100) + LogLine("end", 110, ",\"seconds\":10,\"inputs\":10"));
  write("200-a-1", LogLine("begin", 200) + LogLine("progress", 230, ",\"seconds\":30,\"inputs\":70"));
  EXPECT_EQ(ReadPace(directory.path(), 1000).running, 0);  // the second was killed
  EXPECT_EQ(ReadPace(directory.path(), 1000).process_rate, 2.0);
  EXPECT_EQ(ReadPace(directory.path(), 1000).SecondsFor(6), 3.0);
  write("900-a-1", LogLine("begin", 900));
  EXPECT_EQ(ReadPace(directory.path(), 1000).just_begun, 1);
  EXPECT_FALSE(ReadPace(directory.path(), 1000).SecondsFor(6));
  write("900-b-1", LogLine("progress", 960, ",\"seconds\":60,\"inputs\":120"));
  write("900-c-1", LogLine("progress", 970, ",\"seconds\":60,\"inputs\":60"));
  const EmbedPace pace = ReadPace(directory.path(), 1000);
  EXPECT_EQ(pace.running, 3);
  EXPECT_EQ(pace.rate, 3.0);
  EXPECT_EQ(pace.SecondsFor(6), 2.0);
}

TEST(EmbedLayout, NumbersSortAsText) {
  EXPECT_EQ(PathsOfUnit(7, 10).embeddings, "img_emb/img_emb_00007.npy");
  EXPECT_EQ(PathsOfUnit(7, 2'000'000).commit, "units/0000007.json");
}

}  // namespace
}  // namespace convnext
