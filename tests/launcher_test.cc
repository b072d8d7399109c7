// The Python scripts in the root: they find the program, hand everything over to it, and get out of the way.
#include <gmock/gmock.h>

#include "convnext/bundle/bundle.h"
#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kRoot = kSourceDirectory;

// A script, and the arguments that it starts the program with, as Fake prints them.
struct Launcher {
  std::string script, start;
};
const std::vector<Launcher> kLaunchers = {{"inference.py", "[infer]"},
                                          {"adapt.py", "[adapt]"},
                                          {"eval/eval_accuracy.py", "[eval][accuracy]"},
                                          {"eval/eval_performance.py", "[eval][performance]"}};

class LauncherTest : public ShellTest {
 protected:
  LauncherTest() { WriteFakeProgram("fake"); }

  // A program in place of convnext: prints its arguments, one in each pair of brackets, and exits with 7.
  void WriteFakeProgram(const std::string& path) const {
    std::filesystem::create_directories(std::filesystem::path(Path(path)).parent_path());
    WriteText(Path(path), "#!/bin/sh\nprintf '[%s]' \"$@\"\nexit 7\n");
    std::filesystem::permissions(Path(path), std::filesystem::perms::owner_all);
  }

  // The scripts in a directory of their own, as in a bundle.
  void CopyTo(const std::string& directory) const {
    for (const auto& [path, bytes] : LauncherFiles()) {
      const std::filesystem::path copy = Path(directory) + "/" + path;
      std::filesystem::create_directories(copy.parent_path());
      WriteText(copy, bytes);
    }
  }

  // PATH may be emptied by `environment`.
  Outcome Python(const std::string& arguments, const std::string& environment = "unset CONVNEXT") const {
    return Shell("python=$(python3 -c 'import sys; print(sys.executable)')\n" + environment + "\nexec \"$python\" " +
                 arguments);
  }
};

TEST_F(LauncherTest, ProgramCarriesTheFilesOfTheRoot) {
  Files files = LauncherFiles();
  EXPECT_EQ(files.extract(".gitignore").mapped(), ReadText(kRoot + "/src/convnext/bundle/bundle.gitignore"));
  EXPECT_EQ(files.size(), 5U);
  for (const auto& [path, bytes] : files) EXPECT_EQ(bytes, ReadText(kRoot + "/" + path)) << path;
}

TEST_F(LauncherTest, DifferOnlyInTheCommand) {
  const auto body = [](const Launcher& launcher) {
    const std::string text = ReadText(kRoot + "/" + launcher.script);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 70);
    return text.substr(text.find("\n\ndef "));
  };
  for (const Launcher& launcher : kLaunchers) EXPECT_EQ(body(launcher), body(kLaunchers[0])) << launcher.script;
}

TEST_F(LauncherTest, RequirementsAreComments) {
  std::ifstream file(kRoot + "/requirements.txt");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) EXPECT_EQ(line.substr(0, 1), "#") << line;
  EXPECT_GT(lines, 0);
}

TEST_F(LauncherTest, IgnoresWeightsAndCachesButNoEvidence) {
  WriteText(Path(".gitignore"), LauncherFiles()[".gitignore"]);
  const Outcome outcome = Shell(
      "git init -q . && git check-ignore weights/m/config.json model.safetensors run/logs/inference.json venv/bin/pip "
      "a/kernel_meta/x eval/__pycache__/x.pyc bin/linux-x86_64/convnext LICENSE "
      "README.md inference.py logs/inference.log logs/run.jsonl raw/test.npy results/accuracy_eval.json assets/a.png");
  EXPECT_EQ(outcome.out,
            "weights/m/config.json\nmodel.safetensors\nrun/logs/inference.json\nvenv/bin/pip\na/kernel_meta/x\neval/"
            "__pycache__/x.pyc\n");
}

TEST_F(LauncherTest, HandOverArgumentsAndExitCode) {
  for (const Launcher& launcher : kLaunchers) {
    const std::string& start = launcher.start;
    const auto run = [&](const std::string& arguments) {
      const Outcome outcome = Python("'" + kRoot + "/" + launcher.script + "' " + arguments, "export CONVNEXT=./fake");
      EXPECT_EQ(outcome.exit_code, 7) << outcome.err;
      return outcome.out;
    };
    EXPECT_EQ(run(""), start + "[--device][npu]");
    EXPECT_EQ(run("--model_path 'a b' --image_path \"*\" ''"),
              start + "[--device][npu][--model_path][a b][--image_path][*][]");
    EXPECT_EQ(run("--model_path m --device cpu"), start + "[--model_path][m][--device][cpu]");
    EXPECT_EQ(run("--device=cpu --json"), start + "[--device=cpu][--json]");
    EXPECT_EQ(run("--device_name x"), start + "[--device][npu][--device_name][x]");
    EXPECT_EQ(run("\"$(printf '\\377')\""), start + "[--device][npu][\377]");  // a name that is not UTF-8
  }
}

TEST_F(LauncherTest, FindTheProgram) {
  CopyTo("copy");
  for (const Launcher& launcher : kLaunchers) {
    const std::string script = "copy/" + launcher.script;
    EXPECT_EQ(Python(script + " --version", "unset CONVNEXT; mkdir -p bin; cp fake bin/convnext; PATH=bin").exit_code,
              7);
    EXPECT_THAT(Python(script + " --help").out, HasSubstr("convnext")) << "the real one, on PATH";
  }
  WriteFakeProgram("copy/build/release/convnext");
  EXPECT_EQ(Python("copy/inference.py").exit_code, 7);
  EXPECT_EQ(Python("copy/eval/eval_accuracy.py").exit_code, 7);
  WriteText(Path("first"), "#!/bin/sh\nexit 8\n");
  EXPECT_EQ(Python("copy/inference.py", "unset CONVNEXT; chmod +x first; mv first copy/build/convnext").exit_code, 8);
  EXPECT_EQ(Python("copy/eval/eval_performance.py").exit_code, 8);
  EXPECT_EQ(Python("copy/inference.py", "export CONVNEXT=fake").exit_code, 7);
  EXPECT_EQ(Python("copy/inference.py", "export CONVNEXT=").exit_code, 8) << "empty is not set";
  EXPECT_EQ(Python("link", "unset CONVNEXT; ln -s copy/inference.py link").exit_code, 8);
}

// A bundle that carries the program runs it: the one for this machine, also where a download lost its mode.
TEST_F(LauncherTest, TheBundlesOwnProgramComesFirst) {
  CopyTo("copy");
  const std::string machine = Python("-c 'import platform; print(platform.machine(), end=\"\")'").out;
  const std::string bundled = "copy/bin/linux-" + machine + "/convnext";
  WriteFakeProgram(bundled);
  WriteText(Path("built"), "#!/bin/sh\nexit 8\n");
  Shell("chmod +x built; mkdir -p copy/build copy/bin/linux-other; cp built copy/build/convnext; cp built " +
        std::string("copy/bin/linux-other/convnext"));
  for (const Launcher& launcher : kLaunchers) {
    EXPECT_EQ(Python("copy/" + launcher.script).exit_code, 7) << launcher.script;
    Shell("chmod -x " + bundled);
    EXPECT_EQ(Python("copy/" + launcher.script).exit_code, 7) << "not executable";
  }
  EXPECT_EQ(Python("copy/inference.py", "export CONVNEXT=./built").exit_code, 8);
  Shell("printf 'version https://git-lfs.github.com/spec/v1\\n' >" + bundled + "; chmod +x " + bundled);
  const Outcome pointer = Python("copy/inference.py");
  EXPECT_EQ(pointer.exit_code, 4);
  EXPECT_THAT(pointer.err, HasSubstr("git lfs pull"));
  Shell("rm " + bundled);
  EXPECT_EQ(Python("copy/inference.py").exit_code, 8);
}

TEST_F(LauncherTest, TellTheProgramWhichPythonItIs) {
  WriteText(Path("program"), "#!/bin/sh\necho \"$CONVNEXT_LAUNCHER_PYTHON|$CONVNEXT_LAUNCHER_PIP\"\n");
  Shell("chmod +x program");
  const std::string version = Python("-c 'import platform; print(platform.python_version(), end=\"\")'").out;
  for (const Launcher& launcher : kLaunchers) {
    const std::string out =
        Python("'" + kRoot + "/" + launcher.script + "'", "export CONVNEXT=./program CONVNEXT_LAUNCHER_PIP=no").out;
    EXPECT_TRUE(out.starts_with(version + "|")) << out;
    EXPECT_THAT(out, Not(HasSubstr("|no"))) << "of an earlier one";
  }
}

TEST_F(LauncherTest, SayWhatIsMissing) {
  CopyTo("copy");
  for (const Launcher& launcher : kLaunchers) {
    const Outcome missing = Python("copy/" + launcher.script, "unset CONVNEXT; PATH=/nowhere");
    EXPECT_EQ(missing.exit_code, 4);
    EXPECT_THAT(missing.err, AllOf(HasSubstr("/copy/build/convnext "), HasSubstr("PATH"), HasSubstr("CONVNEXT"),
                                   HasSubstr("./quickstart"), Not(HasSubstr("Traceback"))));
    for (const char* wrong : {"nowhere", "copy", "copy/requirements.txt"}) {
      const Outcome outcome = Python("copy/" + launcher.script, std::string("export CONVNEXT=") + wrong);
      EXPECT_EQ(outcome.exit_code, 4);
      EXPECT_THAT(outcome.err, AllOf(HasSubstr(std::string("CONVNEXT=") + wrong), Not(HasSubstr("Traceback"))));
    }
  }
  const Outcome foreign = Python("copy/inference.py", "export CONVNEXT=./broken; echo ELF >broken; chmod +x broken");
  EXPECT_EQ(foreign.exit_code, 4);
  EXPECT_THAT(foreign.err, AllOf(HasSubstr("cannot run ./broken: "), Not(HasSubstr("Traceback"))));
}

TEST_F(LauncherTest, SignalsReachTheProgram) {
  WriteText(Path("program"), "#!/bin/sh\ntrap 'exit 43' TERM\ntouch ready\nwhile :; do sleep 0.02; done\n");
  const Outcome outcome = Shell("chmod +x program; CONVNEXT=./program python3 '" + kRoot +
                                "/inference.py' & pid=$!\nwhile [ ! -e ready ]; do sleep 0.02; done\n"
                                "kill -TERM $pid\nwait $pid");
  EXPECT_EQ(outcome.exit_code, 43);
}

TEST_F(LauncherTest, ProgramIgnoresNoSignalsThatPythonIgnores) {
  WriteText(Path("program"), "#!/bin/sh\ngrep SigIgn /proc/self/status\n");
  const Outcome direct = Shell("chmod +x program; ./program");
  EXPECT_EQ(Python("'" + kRoot + "/inference.py'", "export CONVNEXT=./program").out, direct.out);
}

class LauncherWithProgram : public LauncherTest {
 protected:
  LauncherWithProgram() {
    Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny");
  }
  Outcome Inference(const std::string& arguments) const {
    return Python("'" + kRoot + "/inference.py' " + arguments, "export CONVNEXT=$(command -v convnext)");
  }
};

TEST_F(LauncherWithProgram, InfersInTheWorkingDirectory) {
  const std::string inputs = "--model_path tiny --image_path $GOLDEN/images/one_pixel.png";
  const Outcome cpu = Inference(inputs + " --device cpu");
  EXPECT_EQ(cpu.exit_code, 0) << cpu.err;
  EXPECT_THAT(cpu.out, AllOf(HasSubstr("one_pixel.png"), HasSubstr("wrote logs/inference.json")));
  EXPECT_TRUE(Exists("logs/inference.log"));
  const Outcome npu = Inference(inputs);
  EXPECT_EQ(npu.exit_code, 3);
  EXPECT_THAT(npu.err, HasSubstr("npu"));
  EXPECT_EQ(Inference(inputs + " --device npu").err, npu.err);
}

// Python's and pip's versions are in the record, the JSON and the log of what a launcher started, and nowhere else.
TEST_F(LauncherWithProgram, PythonIsRecorded) {
  const std::string version = Python("-c 'import platform; print(platform.python_version(), end=\"\")'").out;
  const Outcome made = Python("'" + kRoot +
                                  "/adapt.py' --model_path tiny --device cpu --num_images 1 --batch_sizes 1 "
                                  "--runs 5 --output bundle",
                              "export CONVNEXT=$(command -v convnext)");
  ASSERT_EQ(made.exit_code, 0) << made.err << made.out;
  EXPECT_THAT(ReadText(Path("bundle/results/env_info.json")), HasSubstr("\"python\": \"" + version + "\""));
  EXPECT_THAT(ReadText(Path("bundle/logs/env_check.log")), HasSubstr("\n## Python\nPython " + version + "\npip "));
  for (const char* path : {"logs/inference.json", "results/accuracy_eval.json", "results/performance_eval.json"})
    EXPECT_THAT(ReadText(Path("bundle/") + path), HasSubstr("\"launcher\": {\n    \"python\": \"" + version + "\""));
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), HasSubstr("| Python | " + version + ", pip "));
  EXPECT_THAT(ReadText(Path("bundle/README.md")), HasSubstr("| Python | " + version + "，pip "));
  Shell("convnext env");
  EXPECT_THAT(ReadText(Path("results/env_info.json")), HasSubstr("\"python\": null"));
}

TEST_F(LauncherWithProgram, HelpIsThePrograms) {
  const Outcome help = Inference("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.out, Shell("convnext infer --help").out);
  for (const char* flag : {"--model_path", "--image_path", "--image_size", "--device", "--dtype", "--output_log"}) {
    EXPECT_THAT(help.out, HasSubstr(flag));
  }
}

}  // namespace
}  // namespace convnext
