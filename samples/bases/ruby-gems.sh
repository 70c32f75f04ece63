#!/bin/sh
# Packs gems into an index, for Bundler to read as it reads a registry: the first argument is its
# folder, the others are folders of unpacked Debian packages or of sources, each with a gemspec.
set -eu
index=$1
shift
mkdir -p "$index/gems" "$index/quick/Marshal.4.8"
cd "$index"
ruby -r fileutils -r rubygems/package -r zlib - "$@" <<'EOF'
index = Dir.pwd
folders = ARGV
specs = Dir[*folders.map { |folder| "#{folder}/**/*.gemspec" }].map do |path|
  root = folders.find { |folder| path.start_with?("#{folder}/") }
  spec = Gem::Specification.load(path)
  # A source has its gemspec at its head, a package beside the gem's folder; an older one has the
  # gem's library among those of all gems.
  folder = [File.dirname(path), path.sub("specifications", "gems").delete_suffix(".gemspec")]
    .find { |candidate| Dir.exist?("#{candidate}/lib") }
  unless folder
    folder = "/tmp/#{spec.full_name}"
    FileUtils.mkdir_p(folder)
    FileUtils.cp_r("#{root}/usr/lib/ruby/vendor_ruby", "#{folder}/lib")
  end
  Dir.chdir(folder) do
    spec.executables.select! { |name| File.exist?("#{spec.bindir}/#{name}") }
    spec.extra_rdoc_files = []
    spec.files = Dir["**/*"].select { |name| File.file?(name) }
    FileUtils.mv(Gem::Package.build(spec, true), "#{index}/gems")
  end
  packed = Zlib.deflate(Marshal.dump(spec))
  File.binwrite("quick/Marshal.4.8/#{spec.full_name}.gemspec.rz", packed)
  [spec.name, spec.version, spec.platform]
end
{ specs: specs, latest_specs: specs, prerelease_specs: [] }.each do |name, list|
  Zlib::GzipWriter.open("#{name}.4.8.gz") { |file| file.write(Marshal.dump(list)) }
end
EOF
