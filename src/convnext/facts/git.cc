#include "convnext/facts/git.h"

namespace convnext {
namespace {

constexpr double kTimeoutSeconds = 10;

// Runs git and gives its output, without the last newline; nullopt if it fails. It takes no locks, asks nothing, and
// does not run the file system monitor that a repository may name.
class Git {
 public:
  Git(std::string program, std::string directory) : program_(std::move(program)), directory_(std::move(directory)) {}

  std::optional<std::string> operator()(const std::vector<std::string>& command) const {
    std::vector<std::string> arguments = {program_, "-C", directory_, "-c", "core.fsmonitor=false"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    auto result = RunProcess(arguments, {.timeout_seconds = kTimeoutSeconds,
                                         .max_output_bytes = 1 << 16,
                                         .variables = {{"GIT_OPTIONAL_LOCKS", "0"}, {"GIT_TERMINAL_PROMPT", "0"}},
                                         .with_errors = false});
    if (!result.ok() || result->exit_code != 0) return std::nullopt;
    if (result->output.ends_with('\n')) result->output.pop_back();
    return result->output;
  }

 private:
  std::string program_, directory_;
};

}  // namespace

std::optional<GitFacts> CollectGit(const Machine& machine, const std::string& directory) {
  const auto program = FindProgram("git", Variable(machine, "PATH").value_or(""));
  if (!program) return std::nullopt;
  const Git git(*program, directory);
  if (git({"rev-parse", "--is-inside-work-tree"}) != "true") return std::nullopt;
  GitFacts facts;
  facts.branch = SafeLine(machine, git({"symbolic-ref", "--quiet", "--short", "HEAD"}).value_or("HEAD"));
  facts.commit = SafeLine(machine, git({"rev-parse", "--quiet", "--verify", "HEAD"}).value_or(""));
  facts.dirty = git({"status", "--porcelain", "--untracked-files=no"}) != "";
  if (const auto remote = git({"config", "--get", "remote.origin.url"})) facts.remote = SafeLine(machine, *remote);
  return facts;
}

bool IsRepositoryUrl(std::string_view text) {
  if (text.empty()) return true;
  for (const std::string_view scheme : {"https://", "http://", "ssh://", "git@"}) {
    if (text.starts_with(scheme))
      return text.size() > scheme.size() && text.find_first_of(" <>\"'`") == std::string_view::npos;
  }
  return false;
}

}  // namespace convnext
