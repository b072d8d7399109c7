// convnext embed and merge: the same bytes whatever stops them, every input once, and what is refused.
#include <gmock/gmock.h>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEmbed = "convnext embed --model_path tiny --threads 1 ";

class CliEmbed : public ShellTest {
 protected:
  CliEmbed() {
    Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --output tiny");
    Shell(
        "mkdir -p in/sub && cp $GOLDEN/images/gray16_451x300.png in/a.png && cp $GOLDEN/images/one_pixel.png "
        "in/sub/b.png && "
        "cp $GOLDEN/images/coffee_301x200_progressive.jpg in/c.jpg && echo no > in/bad.jpg && : > in/empty.png && ln "
        "-s .. in/sub/loop");
  }
  Outcome Embed(const std::string& arguments) { return Shell(kEmbed + arguments); }
  void ExpectSame(const std::string& one, const std::string& other) {
    const Outcome outcome =
        Shell("for d in img_emb metadata failures units; do diff -r " + one + "/$d " + other + "/$d || exit 1; done");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  }
};

TEST_F(CliEmbed, AFolderBecomesRowsAndFailures) {
  const Outcome done = Embed("--input in --output out --rows_per_file 2");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("planned: 5 pictures in 3 units"),
                              HasSubstr("3 rows, 1 picture.empty, 1 picture.unknown_format; 0 of")));
  EXPECT_THAT(Shell("cat out/metadata/*.jsonl").out,
              AllOf(HasSubstr("{\"index\":0,\"key\":\"a.png\",\"width\":451,\"height\":300,"),
                    HasSubstr("\"key\":\"sub/b.png\"")));
  EXPECT_THAT(Shell("cat out/failures/*.jsonl").out,
              AllOf(HasSubstr("\"key\":\"bad.jpg\",\"code\":\"picture.unknown_format\""),
                    HasSubstr("\"key\":\"empty.png\",\"code\":\"picture.empty\"")));
  EXPECT_THAT(Shell("convnext embed --verify out").out, HasSubstr("verified: every picture is one row or one failure"));
  // The rows are those of infer.
  EXPECT_EQ(Shell("convnext merge out --output all.npy --metadata all.jsonl").exit_code, 0);
  Shell(
      "convnext infer --model_path tiny --threads 1 --image_path in/a.png in/c.jpg in/sub/b.png --no_log --output "
      "infer.npy");
  EXPECT_EQ(Shell("cmp all.npy infer.npy && cat out/metadata/*.jsonl | cmp - all.jsonl").exit_code, 0);
  EXPECT_EQ(Embed("--output out").exit_code, 0);  // nothing is left
}

TEST_F(CliEmbed, AnyShareOfTheWorkGivesTheSameBytes) {
  ASSERT_EQ(Embed("--input in --output one --rows_per_file 1").exit_code, 0);
  EXPECT_EQ(Embed("--input in --output two --rows_per_file 1 --rank 1 --ranks 2").exit_code, 0);
  const Outcome half = Shell("convnext embed --verify two");
  EXPECT_EQ(half.exit_code, 5);
  EXPECT_THAT(half.out, HasSubstr("2 of 5 units"));
  EXPECT_THAT(Shell("convnext merge two --output all.npy").err, HasSubstr("3 of 5 units are missing, the first is 0"));
  EXPECT_EQ(Embed("--output two --decode_threads 3 --batch_size 1").exit_code, 0);
  ExpectSame("one", "two");
  EXPECT_EQ(Embed("--input in --output three --rank 2 --ranks 2").exit_code, 2);
}

TEST_F(CliEmbed, ArchivesAreSamplesOfWebdataset) {
  Shell(
      "cd in && echo '{\"text\": 1}' > a.json && tar cf ../0.tar a.png a.json c.jpg sub/b.png && tar czf ../1.tar.gz "
      "c.jpg && "
      "head -c $(($(stat -c %s a.png) / 512 * 512 + 512 + 512 + 1024 + 600)) ../0.tar > ../cut.tar");
  const Outcome done = Embed(
      "--input '{0.tar,1.tar.gz}' cut.tar --carry json --output out --rows_per_unit 2 --store float16 --normalize");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(Shell("cat out/metadata/*").out,
              AllOf(HasSubstr("\"key\":\"a\",\"shard\":\"0.tar\""), HasSubstr("\"carried\":{\"json\":{\"text\":1}}")));
  EXPECT_THAT(
      Shell("cat out/failures/*").out,
      AllOf(HasSubstr("\"key\":null,\"shard\":\"cut.tar\",\"code\":\"archive.cut\""), HasSubstr("\"offset\":")));
  EXPECT_EQ(Shell("convnext embed --verify out --json").exit_code, 0);
  EXPECT_THAT(Shell("head -c 100 out/img_emb/img_emb_00000.npy").out, HasSubstr("'descr': '<f2'"));
  // As a stream, which is kept.
  EXPECT_EQ(Shell(std::string("cat 0.tar | ") + kEmbed + "--input tar:- --output stream").exit_code, 0);
  EXPECT_THAT(Shell("convnext embed --status stream").out, HasSubstr("3 of 3 pictures: 3 rows, no failures"));
}

TEST_F(CliEmbed, StatusSaysHowFastAndHowLongWhereItIsKnown) {
  EXPECT_THAT(Embed("--input in --output out --rows_per_file 1 --dry_run").out,
              AllOf(HasSubstr("would plan: 5 pictures in 5 units"), HasSubstr("how long it takes is not known")));
  EXPECT_THAT(Embed("--input in --output out --rows_per_file 1 --dry_run --json").out,
              AllOf(HasSubstr("\"pictures\": 5"), HasSubstr("\"seconds_left\": null"), HasSubstr("\"archives\": 0")));
  EXPECT_EQ(Embed("--input in --output out --rows_per_file 1 --rank 1 --ranks 2").exit_code, 0);
  const std::string known = "pictures/s in the latest runs, and would need about ";
  EXPECT_THAT(Shell("convnext embed --status out").out, AllOf(HasSubstr("2 of 5 units"), HasSubstr(known)));
  EXPECT_THAT(Embed("--output out --dry_run").out, AllOf(HasSubstr("2 of 5 units"), HasSubstr(known)));
  EXPECT_THAT(Shell("convnext embed --status out --json").out,
              AllOf(HasSubstr("\"picture.unknown_format\": 1"), HasSubstr("\"running\": 0"),
                    HasSubstr("\"pictures_per_second\": null"), Not(HasSubstr("\"seconds_left\": null"))));
  Shell(
      "printf '{\"event\":\"progress\",\"unix_time\":%d,\"seconds\":2,\"inputs\":3}\\n' $(date +%s) > log.jsonl; "
      "mv log.jsonl out/log/9-other-1.jsonl");
  EXPECT_THAT(Shell("convnext embed --status out").out,
              HasSubstr("running: 1 process, 1.5 pictures/s; about 2 s left"));
  Shell("rm -r out/log");
  EXPECT_THAT(Shell("convnext embed --status out").out, HasSubstr("no run has left a rate in log/"));
}

TEST_F(CliEmbed, ArchivesWithoutAnEndAreNamedWhenTheRunEnds) {
  Shell(
      "cd in && tar cf ../a.tar a.png && size=$(stat -c %s a.png) && "
      "head -c $(((size + 511) / 512 * 512 + 512)) ../a.tar > ../b.tar && echo more >> ../a.tar");
  const Outcome done = Embed("--input a.tar b.tar --output out");
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.err, AllOf(HasSubstr("warning: a.tar: "), HasSubstr("warning: b.tar: ")));
  EXPECT_THAT(Shell("convnext embed --status out").err, HasSubstr("warning: a.tar: "));
  EXPECT_THAT(Shell("convnext embed --status out --json").out, HasSubstr("\"b.tar: "));
}

TEST_F(CliEmbed, ListsAndTables) {
  EXPECT_EQ(Shell(std::string("printf 'in/a.png\\0in/c.jpg\\0in/a.png\\0gone.jpg\\0' | ") + kEmbed +
                  "--input - --output list")
                .exit_code,
            0);
  EXPECT_THAT(Shell("cat list/failures/*").out, AllOf(HasSubstr("\"code\":\"key.duplicate\""),
                                                      HasSubstr("\"key\":\"gone.jpg\",\"code\":\"file.missing\"")));
  Shell("printf 'label,path\\n\"x, y\",in/a.png\\r\\n2,in/c.jpg\\n' > t.csv");
  EXPECT_THAT(Embed("--input t.csv --output table").out, HasSubstr("2 rows, no failures"));
  EXPECT_THAT(Embed("--input t.csv --column nothing --output table2").err, HasSubstr("its columns are label, path"));
}

TEST_F(CliEmbed, WhatDoesNotFitIsRefusedByName) {
  ASSERT_EQ(Embed("--input in --output out").exit_code, 0);
  const Outcome other = Embed("--output out --normalize --store float16");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("normalize: false there, true here"),
                               HasSubstr("store: \"float32\" there, \"float16\" here")));
  EXPECT_THAT(Embed("--input in/sub --output out").err, HasSubstr("leave --input out to go on"));
  EXPECT_THAT(Embed("--output new").err, HasSubstr("--input is required"));
  EXPECT_THAT(Embed("--input nowhere --output new").err, HasSubstr("nowhere"));
  EXPECT_THAT(Embed("--input in --output in").err, HasSubstr("it holds files but no plan.json"));
  EXPECT_THAT(Shell("sed -i 's/embed-plan-1/embed-plan-0/' out/plan.json; convnext embed --status out").err,
              HasSubstr("the plan's format is"));
  EXPECT_EQ(Embed("--input in --output dry --dry_run").exit_code, 0);
  EXPECT_NE(Shell("ls dry").exit_code, 0);
  EXPECT_THAT(Embed("--input in --output many --max_failures 1").err,
              HasSubstr("1 picture.empty, 1 picture.unknown_format"));
}

TEST_F(CliEmbed, VerifySeesEveryChange) {
  ASSERT_EQ(Embed("--input in --output out --rows_per_file 3").exit_code, 0);
  for (const char* change :
       {"printf x >> out/img_emb/img_emb_00001.npy", "sed -i s/a.png/b.png/ out/metadata/metadata_00000.jsonl",
        "rm out/failures/00000.jsonl", "sed -i 's/\"rows\": 2/\"rows\": 3/' out/units/00000.json",
        "cp out/units/00000.json out/units/00001.json",
        "cp out/img_emb/img_emb_00001.npy out/img_emb/img_emb_00009.npy", "printf ' ' >> out/plan.json"}) {
    const Outcome outcome = Shell(std::string("cp -r out saved; ") + change +
                                  "; convnext embed --verify out; code=$?; rm -r out; mv saved out; exit $code");
    EXPECT_EQ(outcome.exit_code, 1) << change << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("out/")) << change;
  }
  EXPECT_EQ(Shell("convnext embed --verify out").exit_code, 0);
}

// A picture that cannot be read: the rest goes on. The pipe has no writer.
TEST_F(CliEmbed, AReadThatHangsBecomesAFailure) {
  Shell("mkfifo pipe.jpg; printf 'in/a.png\\npipe.jpg\\nin/c.jpg\\n' > list.txt");
  const Outcome done = Embed("--input list.txt --output out --item_timeout 0.5");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(Shell("cat out/failures/*").out, HasSubstr("\"key\":\"pipe.jpg\",\"code\":\"item.timeout\""));
  // Without it SIGTERM stops the run; with the picture there, what failed is done anew.
  EXPECT_EQ(Shell(std::string("timeout --signal=TERM 2 ") + kEmbed + "--input list.txt --output hung; true; " +
                  "rm pipe.jpg; cp in/c.jpg pipe.jpg; " + kEmbed +
                  "--output out --retry_failed && convnext embed --status out")
                .exit_code,
            0);
  EXPECT_THAT(Shell("convnext embed --status out").out, HasSubstr("3 rows, no failures"));
}

// Killed at once, again and again: whatever was committed stays, and the bytes are those of a quiet run.
TEST_F(CliEmbed, KilledRunsGiveTheSameBytes) {
  Shell("mkdir many; for i in $(seq 60); do cp in/a.png many/$i.png; done");
  ASSERT_EQ(Embed("--input many --output quiet --rows_per_file 3").exit_code, 0);
  Shell(std::string("for t in 0.05 0.1 0.15 0.2 0.25 0.3; do timeout --signal=KILL $t ") + kEmbed +
        "--input many --output killed --rows_per_file 3; done");
  ASSERT_EQ(Embed("--input many --output killed --rows_per_file 3").exit_code, 0);
  EXPECT_EQ(Shell("convnext embed --verify killed").exit_code, 0);
  EXPECT_EQ(Shell("diff -r quiet/img_emb killed/img_emb && diff -r quiet/metadata killed/metadata && diff -r "
                  "quiet/units killed/units")
                .exit_code,
            0);
}

TEST_F(CliEmbed, InferGoesOnAfterManyFilesThatCannotBeRead) {
  Shell("for i in $(seq 20); do echo no > bad$i.jpg; done");
  const Outcome done =
      Shell("timeout 60 convnext infer --model_path tiny --no_log --batch_size 4 --image_path in/a.png bad*.jpg");
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_THAT(done.err, HasSubstr("20 pictures failed; the other 1 done"));
}

}  // namespace
}  // namespace convnext
