// A bundle as a repository, with git itself: pushed, cloned, archived, with other line ends, with LFS, on a hub. What
// arrives passes `convnext check`, or is told what mends it.
#include <gmock/gmock.h>

#include "convnext/bundle/bundle.h"
#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A git without the settings of whoever runs the tests.
constexpr const char* kGit =
    "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b "
    "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b\n"
    "commit() { git -C \"$1\" init -q -b main && git -C \"$1\" add -A && git -C \"$1\" commit -q -m bundle; }\n";
constexpr const char* kAdapt =
    "convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny && "
    "convnext adapt --model_path tiny --device cpu --batch_sizes 1,2 --runs 5 --warmup 1 --num_images 2 --threads 1 "
    "--output ";

class RepositoryTest : public ShellTest {
 protected:
  // Every test has a copy of one bundle in "bundle".
  RepositoryTest() {
    static const TemporaryDirectory made;
    const std::string bundle = made / "bundle";
    if (!std::filesystem::exists(bundle)) {
      const Outcome adapt = Shell(kAdapt + bundle);
      EXPECT_EQ(adapt.exit_code, 0) << adapt.err << adapt.out;
    }
    Shell("cp -r '" + bundle + "' bundle");
  }

  Outcome Git(const std::string& commands) const { return Shell(kGit + ("set -e\n" + commands)); }
  void ExpectPasses(const std::string& directory) const {
    const Outcome check = Shell("convnext check " + directory);
    EXPECT_EQ(check.exit_code, 0) << directory << "\n" << check.out << check.err;
  }
};

// core.autocrlf is true for all that is done here: the bundle's .gitattributes holds against it.
TEST_F(RepositoryTest, PassesHoweverItArrives) {
  const Outcome git =
      Git("git config --file config core.autocrlf true && git config --file config protocol.file.allow always\n"
          "export GIT_CONFIG_GLOBAL=\"$PWD/config\"\n"
          "commit bundle\n"
          "git clone -q bundle clone\n"
          "mkdir archive && git -C bundle archive HEAD | tar -x -C archive\n"
          "git -C clone worktree add -q ../worktree HEAD~0\n"
          "mkdir parent && echo x >parent/x && commit parent && cd parent\n"
          "git submodule --quiet add ../bundle sub && git commit -q -m sub && cd ..\n"
          "git clone -q --recurse-submodules parent cloned_parent 2>/dev/null");
  ASSERT_EQ(git.exit_code, 0) << git.err;
  for (const char* directory : {"clone", "archive", "worktree", "cloned_parent/sub"}) ExpectPasses(directory);
  EXPECT_TRUE(std::filesystem::is_regular_file(Path("worktree/.git")));
  EXPECT_EQ(Git("git -C clone status --short").out, "");
}

// What a reviewer's clone gets beside the bundle: weights, an environment, runs of one's own. The bundle stays as it
// is.
TEST_F(RepositoryTest, AReviewersOwnFilesAreNoPartOfIt) {
  ASSERT_EQ(Git("commit bundle; git clone -q bundle clone; convnext synth --config "
                "$GOLDEN/models/tiny_patch/config.json --seed 1 --output clone/weights/tiny; mkdir -p clone/venv/bin "
                "clone/eval/__pycache__; "
                "ln -s /bin/sh clone/venv/bin/python; echo x >clone/eval/__pycache__/a.pyc; "
                "truncate -s 200M clone/model.safetensors")
                .exit_code,
            0);
  for (const char* command : {"infer --model_path weights/tiny --image_path raw/images/01_test_image.png", "env",
                              "eval accuracy --model_path weights/tiny --num_images 1",
                              "eval performance --model_path weights/tiny --num_images 1 --batch_sizes 1 --runs 5"}) {
    const Outcome outcome = Shell(std::string("cd clone && convnext ") + command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr(" run/")) << command;
  }
  ExpectPasses("clone");
  EXPECT_EQ(Git("git -C clone status --short --untracked-files").out, "");
  EXPECT_TRUE(Exists("clone/run/logs/inference.json") && Exists("clone/run/results/performance_eval.json"));
  EXPECT_EQ(Shell("cd clone && convnext env --output mine && ls mine").exit_code, 0) << "a folder that is named";
  EXPECT_EQ(Shell("convnext check clone").exit_code, 1);
}

// From a clone to a verdict, by what the clone's README says: its commands as they stand there, but for the place that
// it is cloned from and the weights.
TEST_F(RepositoryTest, AReviewerRunsTheCommandsOfTheReadme) {
  const Outcome made = Shell(kAdapt + std::string("published --repository_url https://example.org/r --with_program "
                                                  "\"$(readlink -f \"$(command -v convnext)\")\""));
  ASSERT_EQ(made.exit_code, 0) << made.err;
  ASSERT_EQ(Git("commit published").exit_code, 0);
  const std::string readme = ReadText(Path("published/README.en.md"));
  const size_t begin = readme.find("\ngit clone https://example.org/r ") + 1;
  ASSERT_NE(begin, 0U);
  std::string commands = readme.substr(begin, readme.find("\n```", begin) - begin);
  commands.replace(commands.find("https://example.org/r"), std::string("https://example.org/r").size(), "published");
  const std::string weights = "\n# weights/convnext_base.synthetic: ";
  ASSERT_THAT(commands, HasSubstr(weights));
  commands.insert(commands.find(weights),
                  "\nconvnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output "
                  "weights/convnext_base.synthetic\nPATH=$(echo $PATH | sed \"s|[^:]*/build[^:]*||g\")");
  const std::string python = "python() { python3 \"$@\" --batch_sizes 1 --runs 5 --num_images 1; }\n";
  const Outcome blocked = Git("set +e\n" + python + commands + "\necho \"exit $?\"");
  EXPECT_THAT(blocked.out, AllOf(HasSubstr("NPU blocked, npu."), HasSubstr("accuracy PASS\n"), HasSubstr("exit 3")));
  commands.replace(commands.find("--device npu"), 12, "--device cpu");
  const Outcome cpu = Git("rm -rf convnext_base.synthetic_bundle\n" + python + commands);
  EXPECT_EQ(cpu.exit_code, 0) << cpu.err;
  EXPECT_THAT(cpu.out, AllOf(HasSubstr("accuracy PASS\n"), HasSubstr("wrote run/bundle")));
  ExpectPasses("convnext_base.synthetic_bundle");
  ExpectPasses("convnext_base.synthetic_bundle/run/bundle");
  EXPECT_EQ(Git("git -C convnext_base.synthetic_bundle status --short --untracked-files").out, "");
}

// A user who ignores logs and arrays everywhere still commits the evidence.
TEST_F(RepositoryTest, NothingIsIgnored) {
  ASSERT_EQ(
      Git("printf '*.log\\n*.npy\\nbin/\\nlogs/\\nraw/\\nresults/\\n*.png\\n' >ignored\n"
          "git config --file config core.excludesFile \"$PWD/ignored\"; export GIT_CONFIG_GLOBAL=\"$PWD/config\"\n"
          "commit bundle; git clone -q bundle clone")
          .exit_code,
      0);
  ExpectPasses("clone");
}

// Where the .gitattributes did not come along, git changes the line ends of all texts. `check` says so and how to mend
// it, and that does.
TEST_F(RepositoryTest, ChangedLineEndsAreMendedByWhatCheckSays) {
  ASSERT_EQ(Git("echo '*.7z filter=lfs diff=lfs merge=lfs -text' >bundle/.gitattributes; commit bundle\n"
                "git -c core.autocrlf=true clone -q bundle clone; git -C clone config core.autocrlf true\n"
                "sleep 1; touch clone/.git/index")
                .exit_code,
            0);
  EXPECT_NE(Shell("grep -c \"$(printf '\\r')\" clone/README.md").out, "0\n");
  const Outcome check = Shell("convnext check clone");
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out,
              AllOf(HasSubstr("FAIL: 1 of"), HasSubstr("git has changed line ends to CRLF (core.autocrlf)")));
  const std::string mark = "in the bundle's directory: ";
  const size_t command = check.out.find(mark) + mark.size();
  ASSERT_EQ(Git("cd clone\n" + check.out.substr(command, check.out.find('\n', command) - command)).exit_code, 0);
  ExpectPasses("clone");
  EXPECT_EQ(Git("git -C clone status --short").out, "");
}

// A host that keeps arrays in Git LFS, and a clone without it. The filter here does what git-lfs does when it commits.
TEST_F(RepositoryTest, LfsPointersAreNamed) {
  WriteText(Path("clean"),
            "cat >lfs.$$; printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' "
            "\"$(sha256sum <lfs.$$ | cut -c 1-64)\" \"$(wc -c <lfs.$$)\"; rm lfs.$$\n");
  const Outcome git =
      Git("echo '*.npy filter=lfs diff=lfs merge=lfs -text' >>bundle/.gitattributes\n"
          "git config --file config filter.lfs.clean \"sh $PWD/clean\"\n"
          "GIT_CONFIG_GLOBAL=\"$PWD/config\" commit bundle; git clone -q bundle clone");
  ASSERT_EQ(git.exit_code, 0) << git.err;
  ExpectPasses("bundle");
  const Outcome check = Shell("convnext check clone");
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, HasSubstr("Git LFS pointers lie in the place of raw/accuracy_reference.npy, "
                                   "raw/accuracy_test.npy, raw/inference.npy and 1 more; in the bundle's directory: "
                                   "git lfs install && git lfs pull"));
  EXPECT_THAT(check.out, Not(HasSubstr("its sha256 is not")));
  Shell("cp bundle/raw/*.npy clone/raw/");  // as git lfs pull does
  ExpectPasses("clone");
}

// A new repository of a hub holds a .gitattributes, whose lines stay.
TEST_F(RepositoryTest, AHubsNewRepositoryBecomesABundle) {
  const std::string line = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n";
  Git("mkdir hub; git -C hub init -q -b main");
  const std::string license = LicenseText() + "Copyright 2024 a person\n";
  WriteText(Path("hub/LICENSE"), license);
  WriteText(Path("hub/.gitattributes"), line);
  EXPECT_EQ(Shell(kAdapt + std::string("hub")).exit_code, 0);
  EXPECT_THAT(ReadText(Path("hub/.gitattributes")), AllOf(HasSubstr("\n* -text\n"), HasSubstr(line)));
  EXPECT_EQ(ReadText(Path("hub/LICENSE")), license);
  const Outcome again = Shell(kAdapt + std::string("hub"));
  EXPECT_THAT(again.err, HasSubstr("report: done before"));
  WriteText(Path("hub/.gitattributes"), line + "* text=auto\n");
  EXPECT_EQ(Shell(kAdapt + std::string("hub")).exit_code, 0);  // heals it
  EXPECT_THAT(ReadText(Path("hub/.gitattributes")), AllOf(HasSubstr(line), Not(HasSubstr("auto"))));
}

}  // namespace
}  // namespace convnext
