"""What build.sh, test.sh and series.sh run: glue around Conan, git, apt and pytest."""
