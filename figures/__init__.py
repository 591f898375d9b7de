"""Numbers, tables and pictures of the README, the reports and the site, written from data.

::

    python -m figures                # writes; the same data give the same bytes
    python -m figures --check        # writes nothing, names what is stale and exits 1
    python -m figures --runs runs    # first makes reports/ anew from run folders, as gtzan report does

The data are the CSVs of ``reports/``, and the tables of pages that commands and benchmarks wrote
(`sources`). Text has marks (`pages`): what stands between two comments is written here, and nowhere else.
``reports/figures.csv`` lists all figures that are marked, each with its protocol, the audio that it was
measured on, the file that it stands in and the command that made that.
"""
