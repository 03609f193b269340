'use strict';
// Draws the charts of the report. Every number a reader could quote is in the page's tables already;
// without this script only the charts and the download buttons are missing.
(() => {
  const text = (id) => document.getElementById(id).textContent;
  const data = JSON.parse(text('series'));
  const root = document.documentElement;
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const tip = document.getElementById('tip');
  const begin = data.times.length ? data.times[0] : 0;
  const end = data.times.length ? data.times[data.times.length - 1] + data.bin : data.simulated;

  // --- Numbers as people read them; the C++ writers round in the same way. ---------------------------

  const digits = (v, n = 3) => {
    const s = Number(v.toPrecision(n));
    return Math.abs(s) >= 1e-4 || s === 0 ? String(s) : s.toExponential(1);
  };
  function scaled(v, unit) {
    if (v === null || v === undefined || Number.isNaN(v)) return '–';
    if (unit === 'ms') {
      const a = Math.abs(v);
      if (a === 0) return '0 ms';
      if (a < 999.5e-6) return digits(v * 1e6) + ' ns';
      if (a < 999.5e-3) return digits(v * 1e3) + ' µs';
      if (a < 999.5) return digits(v) + ' ms';
      if (a < 119.95e3) return digits(v / 1e3) + ' s';
      return a < 7197e3 ? digits(v / 60e3) + ' min' : digits(v / 3600e3) + ' h';
    }
    if (unit === '1') return digits(v * 100) + '%';
    const steps = unit === 'bytes' ? [1024, [' B', ' KiB', ' MiB', ' GiB']] : [1000, ['', 'k', 'M', 'G']];
    let step = 0;
    while (Math.abs(v) >= steps[0] * 0.9995 && step < 3) { v /= steps[0]; ++step; }
    return digits(v) + steps[1][step] + (unit.startsWith('/') ? unit : '');
  }
  const two = (n) => String(n).padStart(2, '0');
  function clock(s) {
    if (s < 60) return digits(s) + ' s';
    const w = Math.round(s), m = Math.floor(w / 60), h = Math.floor(m / 60);
    if (m < 60) return m + ':' + two(w % 60);
    if (h < 48) return h + ':' + two(m % 60) + (w % 60 ? ':' + two(w % 60) : '');
    return Math.floor(h / 24) + 'd ' + two(h % 24) + ':' + two(m % 60);
  }

  // --- Axes ---------------------------------------------------------------------------------------

  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 172800, 604800];
  function timeTicks(from, to, pixels) {
    const atLeast = (to - from) / Math.max(1, Math.floor(pixels / 70));
    let step = steps.find((s) => s >= atLeast);
    if (atLeast < 1) {
      const power = 10 ** Math.floor(Math.log10(atLeast || 1e-9));
      step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= atLeast * 0.999);
    } else if (!step) {
      step = Math.ceil(atLeast / 604800) * 604800;
    }
    const ticks = [];
    for (let i = Math.ceil(from / step - 1e-9); i * step <= to * (1 + 1e-12); ++i) {
      ticks.push({v: i * step, label: clock(i * step)});
    }
    return ticks;
  }
  function logTicks(from, to) {
    const decades = Math.log10(to / from);
    const labelled = decades > 6 ? [] : decades > 2.2 ? [1] : [1, 2, 5];
    const ticks = [];
    for (let e = Math.floor(Math.log10(from)); e <= Math.ceil(Math.log10(to)); ++e) {
      for (let m = 1; m < 10; ++m) {
        const v = m * 10 ** e;
        if (v < from || v > to) continue;
        const shown = labelled.includes(m) || (decades > 6 && m === 1 && e % 2 === 0);
        ticks.push({v, label: shown ? scaled(v, 'ms') : ''});
      }
    }
    return ticks;
  }

  // --- Line charts, linked: zoom and cursor are the same in all of them --------------------------

  const charts = [];
  // Without the touch handlers a finger scrolls the page, also where it starts on a chart.
  const {touchstart, touchmove, touchend, ...interaction} = Dygraph.defaultInteractionModel;
  interaction.dblclick = () => zoom([begin, end]);
  let view = [begin, end];

  function spans(context, area, x, labels = true) {
    const last = {};
    const draw = (from, to, color, label, line) => {
      const a = Math.max(area.x, x(from)), b = Math.min(area.x + area.w, x(to));
      if (b <= a) return;
      context.fillStyle = css(color);
      context.fillRect(a, area.y, Math.max(1, b - a), area.h);
      if (!labels || !label) return;
      label = fitted(context, label, Math.min(180, area.w / 2));
      const width = context.measureText(label).width;
      let row = 0;
      while (last[row] > a) ++row;
      const left = Math.max(area.x + 3, Math.min(a + 4, area.x + area.w - width - 3));
      last[row] = left + width + 6;
      context.fillStyle = css(line);
      context.fillText(label, left, area.y + 3 + row * 14);
    };
    context.font = '11px Inter, system-ui, sans-serif';
    context.textBaseline = 'top';
    context.textAlign = 'left';
    if (data.warmup > begin) draw(begin, data.warmup, '--shade-quiet', 'warm-up', '--dim');
    for (const f of data.faults) draw(f.begin, f.end === null ? end : f.end, '--shade', f.text, '--bad');
  }

  /** Fills the room between two neighbouring percentiles, piece by piece where bins are empty. */
  function band(context, chart, area, low, high, opacity) {
    const g = chart.graph, t = data.times;
    context.fillStyle = css('--accent');
    context.globalAlpha = opacity;
    const y = (v) => Math.max(area.y, Math.min(area.y + area.h, g.toDomYCoord(v)));
    const drawn = (i) => low[i] > 0 && high[i] > 0;
    for (let i = 0; i < t.length; ++i) {
      if (!drawn(i)) continue;
      let last = i;
      while (last + 1 < t.length && drawn(last + 1)) ++last;
      context.beginPath();
      for (let k = i; k <= last; ++k) context.lineTo(g.toDomXCoord(t[k]), y(high[k]));
      for (let k = last; k >= i; --k) context.lineTo(g.toDomXCoord(t[k]), y(low[k]));
      context.fill();
      i = last;
    }
    context.globalAlpha = 1;
  }

  class Chart {
    /** lines: [{label, values, color, width, fill}]; a color is the name of a CSS variable. */
    constructor(element, unit, logarithmic) {
      Object.assign(this, {element, unit, logarithmic, lines: []});
      this.legend = element.parentElement.querySelector('.legend');
      charts.push(this);
    }

    show(lines) {
      this.lines = lines;
      const positive = (v) => (v > 0 || (v !== null && !this.logarithmic) ? v : null);
      const rows = data.times.map((t, i) => [t, ...lines.map((l) => positive(l.values[i]))]);
      if (!rows.length || !rows.some((r) => r.slice(1).some((v) => v !== null))) {
        this.element.textContent = 'No observation.';
        return;
      }
      if (this.graph) this.graph.destroy();
      this.graph = new Dygraph(this.element, rows, {...this.options(rows), ...this.style()});
      this.legends(null);
    }

    options(rows) {
      const options = {
        labels: ['time', ...this.lines.map((_, i) => 'line ' + i)], legend: 'never', rightGap: 18,
        dateWindow: this.window(), highlightCircleSize: 3,
        strokeWidth: 1.6, includeZero: true, xRangePad: 0, axisLineColor: 'transparent',
        interactionModel: interaction,
        underlayCallback: (context, area, g) => this.underlay(context, area, g),
        highlightCallback: (event, x, points, row) => hover(row),
        unhighlightCallback: () => hover(null),
        zoomCallback: (from, to) => zoom([from, to]),
        series: Object.fromEntries(this.lines.map((l, i) => ['line ' + i, {strokeWidth: l.width || 1.6}])),
        axes: {
          x: {ticker: timeTicks, drawGrid: true},
          y: {axisLabelFormatter: (v) => scaled(v, this.unit), axisLabelWidth: 62, pixelsPerLabel: 36},
        },
      };
      if (this.logarithmic) {
        const all = rows.flatMap((r) => r.slice(1)).filter((v) => v !== null);
        const low = all.reduce((a, b) => Math.min(a, b)), high = all.reduce((a, b) => Math.max(a, b));
        Object.assign(options, {logscale: true, valueRange: [low * 0.8, high * 1.6]});
        options.axes.y.ticker = logTicks;
      } else if (this.unit === '1') {
        options.valueRange = [0, 1.02];
      } else {
        const high = rows.flatMap((r) => r.slice(1)).reduce((a, b) => Math.max(a, b === null ? 0 : b), 0);
        options.valueRange = [0, high > 0 ? high * 1.12 : 1];
      }
      return options;
    }

    /** dygraphs leaves out a tick that lies exactly on the right edge. */
    window() { return [view[0], view[1] + (view[1] - view[0]) * 1e-6]; }

    style() {
      return {
        colors: this.lines.map((l) => css(l.color)), gridLineColor: css('--grid'),
        pixelRatio: root.classList.contains('printing') ? 3 : null,   // paper is finer than screens
      };
    }

    underlay(context, area, graph) {
      this.graph = graph;   // The first call comes from inside the constructor.
      context.save();
      context.beginPath();
      context.rect(area.x, area.y, area.w, area.h);
      context.clip();
      for (let i = 0; i + 1 < this.lines.length; ++i) {
        if (!this.lines[i + 1].fill) continue;
        band(context, this, area, this.lines[i].values, this.lines[i + 1].values, this.lines[i + 1].fill);
      }
      spans(context, area, (t) => graph.toDomXCoord(t));
      context.restore();
    }

    legends(row) {
      this.legend.replaceChildren();
      const add = (label, color, value) => {
        const item = document.createElement('span');
        if (color) {
          const swatch = document.createElement('i');
          swatch.className = 'swatch';
          swatch.style.background = css(color);
          if (label !== 'p50' && this.logarithmic) swatch.style.opacity = 0.65;
          item.append(swatch);
        }
        item.append(label);
        if (value) {
          const strong = document.createElement('b');
          strong.textContent = ' ' + value;
          item.append(strong);
        }
        this.legend.append(item);
      };
      for (const l of this.lines) {
        add(l.label, l.color, row === null ? '' : scaled(l.values[row], this.unit));
      }
      if (row !== null) add('at ' + clock(data.times[row]), null, '');
    }
  }

  function hover(row) {
    for (const chart of charts) {
      if (!chart.graph) continue;
      if (row === null) chart.graph.clearSelection(); else chart.graph.setSelection(row);
      chart.legends(row);
    }
  }
  function zoom(range) {
    view = [Math.max(begin, range[0]), Math.min(end, range[1])];
    for (const chart of charts) if (chart.graph) chart.graph.updateOptions({dateWindow: chart.window()});
    drawHeatMaps();
  }

  // --- Heat maps ------------------------------------------------------------------------------

  const ramp = ['#11151b', '#261852', '#5c176e', '#962667', '#cb4149', '#f07020', '#fbb41a', '#fcffa4'];
  const channels = ramp.map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
  function rampColor(share) {
    const at = Math.max(0, Math.min(1, share)) * (ramp.length - 1);
    const i = Math.min(ramp.length - 2, Math.floor(at));
    return channels[i].map((c, k) => c + (channels[i + 1][k] - c) * (at - i));
  }
  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  class HeatMap {
    /**
     * labels(heat, height) -> [[row position, text]], describe(heat, row, share) -> tooltip text.
     * Row 0 is at the top where `down` is set, at the bottom otherwise.
     */
    constructor(canvas, down, labels, describe) {
      Object.assign(this, {canvas, down, labels, describe, heat: null});
      canvas.addEventListener('mousemove', (event) => this.hover(event));
      canvas.addEventListener('mouseleave', () => { tip.hidden = true; });
    }

    show(heat) {
      this.heat = heat;
      if (heat) {
        this.pixels = bytes(heat.data);
        this.image = document.createElement('canvas');
        this.image.width = heat.columns;
        this.image.height = heat.rows;
        const context = this.image.getContext('2d');
        const image = context.createImageData(heat.columns, heat.rows);
        for (let row = 0; row < heat.rows; ++row) {
          for (let column = 0; column < heat.columns; ++column) {
            const color = rampColor(this.pixels[row * heat.columns + column] / 255);
            const at = ((this.down ? row : heat.rows - 1 - row) * heat.columns + column) * 4;
            image.data.set([color[0], color[1], color[2], 255], at);
          }
        }
        context.putImageData(image, 0, 0);
      }
      this.draw();
    }

    area() {
      const bottom = 22;
      const longest = Math.max(8, ...((this.heat && this.heat.names) || []).map((n) => n.length));
      const left = Math.min(72 + Math.max(0, longest - 8) * 7, 130, this.canvas.clientWidth * 0.3);
      return {x: left, y: 4, w: this.canvas.clientWidth - left - 8, h: this.canvas.clientHeight - bottom - 4};
    }

    draw() {
      const canvas = this.canvas, ratio = Math.max(1, window.devicePixelRatio);
      canvas.width = canvas.clientWidth * ratio;
      canvas.height = canvas.clientHeight * ratio;
      const context = canvas.getContext('2d'), area = this.area(), heat = this.heat;
      context.scale(ratio, ratio);
      context.fillStyle = ramp[0];
      context.fillRect(area.x, area.y, area.w, area.h);
      if (!heat) return;
      const scale = heat.columns * data.bin;
      context.imageSmoothingEnabled = false;
      context.drawImage(this.image, (view[0] - begin) / data.bin, 0,
        Math.max(0.01, (view[1] - view[0]) / scale * heat.columns), heat.rows, area.x, area.y, area.w, area.h);
      const x = (t) => area.x + (t - view[0]) / (view[1] - view[0]) * area.w;
      context.font = '12px Inter, system-ui, sans-serif';
      context.fillStyle = css('--dim');
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      for (const [row, label] of this.labels(heat, area.h)) {
        const y = area.y + area.h * (this.down ? row / heat.rows : 1 - row / heat.rows);
        context.fillText(fitted(context, label, area.x - 8), area.x - 6, Math.max(area.y + 6, y));
      }
      context.textAlign = 'center';
      context.textBaseline = 'top';
      for (const tick of timeTicks(view[0], view[1], area.w)) {
        const half = context.measureText(tick.label).width / 2;
        context.fillText(tick.label, Math.min(x(tick.v), canvas.clientWidth - half), area.y + area.h + 6);
      }
      context.strokeStyle = css('--bad-bar');
      for (const f of data.faults) {
        const from = Math.max(view[0], f.begin), to = Math.min(view[1], f.end === null ? end : f.end);
        if (to > from) context.strokeRect(x(from), area.y + 0.5, x(to) - x(from), area.h - 1);
      }
    }

    hover(event) {
      const heat = this.heat, box = this.canvas.getBoundingClientRect(), area = this.area();
      const x = (event.clientX - box.left - area.x) / area.w, fall = (event.clientY - box.top - area.y) / area.h;
      tip.hidden = !heat || x < 0 || x >= 1 || fall < 0 || fall >= 1;
      if (tip.hidden) return;
      const time = view[0] + x * (view[1] - view[0]);
      const row = Math.min(heat.rows - 1, Math.floor((this.down ? fall : 1 - fall) * heat.rows));
      const column = Math.min(heat.columns - 1, Math.floor((time - begin) / data.bin));
      tip.textContent = clock(begin + column * data.bin) + ' · ' +
        this.describe(heat, row, this.pixels[row * heat.columns + column] / 255);
      tip.style.left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8) + 'px';
      tip.style.top = event.clientY + 14 + 'px';
    }
  }
  function fitted(context, label, width) {
    if (context.measureText(label).width <= width) return label;
    let cut = label;
    while (cut.length > 1 && context.measureText(cut + '…').width > width) cut = cut.slice(0, -1);
    return cut + '…';
  }
  function latencyLabels(heat) {
    const labels = [], top = heat.floor_ms * heat.ratio ** heat.rows;
    const few = top / heat.floor_ms < 50;
    for (let e = Math.floor(Math.log10(heat.floor_ms)); 10 ** e <= top; ++e) {
      for (const m of few ? [1, 2, 5] : [1]) {
        const row = Math.log(m * 10 ** e / heat.floor_ms) / Math.log(heat.ratio);
        if (row >= 0 && row <= heat.rows) labels.push([row, scaled(m * 10 ** e, 'ms')]);
      }
    }
    return labels;
  }
  function nameLabels(heat, height) {
    const every = Math.ceil(heat.rows * 13 / height);
    return heat.names.map((name, i) => [i + 0.5, name]).filter((_, i) => i % every === 0);
  }
  const heatMaps = [];
  function drawHeatMaps() { for (const map of heatMaps) map.draw(); }

  // --- Put it together -----------------------------------------------------------------------------

  const element = (id) => document.getElementById(id);
  const palette = ['--accent', '--warn-bar', '--good-bar', '--bad-bar', '--dim', '--text'];
  const throughput = element('throughput') && new Chart(element('throughput'), '/s', false);
  const latency = element('latency') && new Chart(element('latency'), 'ms', true);
  const latencyHeat = element('latency-heat') && new HeatMap(element('latency-heat'), false, latencyLabels,
    (heat, row, share) => scaled(heat.floor_ms * heat.ratio ** row, 'ms') + ' to ' +
      scaled(heat.floor_ms * heat.ratio ** (row + 1), 'ms') + ': about ' +
      scaled(share * share * heat.largest, '') + ' requests');
  const utilizationHeat = element('utilization-heat') && new HeatMap(element('utilization-heat'), true, nameLabels,
    (heat, row, share) => heat.names[row] + ': ' + scaled(share, '1') + ' busy');
  if (latencyHeat) heatMaps.push(latencyHeat);
  if (utilizationHeat) heatMaps.push(utilizationHeat);

  function showClient(client) {
    if (throughput) {
      throughput.show([
        {label: 'offered', values: client.offered, color: '--dim', width: 1},
        {label: 'completed', values: client.completed, color: '--accent'},
        {label: 'failed', values: client.failed, color: '--bad-bar'},
      ]);
    }
    if (latency) {
      latency.show([
        {label: 'p50', values: client.p50, color: '--text', width: 1.8},
        {label: 'p90', values: client.p90, color: '--accent', width: 0.8, fill: 0.5},
        {label: 'p99', values: client.p99, color: '--accent', width: 0.8, fill: 0.3},
        {label: 'p99.9', values: client.p999, color: '--accent', width: 0.8, fill: 0.15},
      ]);
    }
    if (latencyHeat) latencyHeat.show(client.heat);
  }
  const chosen = element('client');
  const start = chosen ? Number(chosen.value) : 0;
  if (data.clients.length) showClient(data.clients[start]);
  if (chosen) chosen.addEventListener('change', () => showClient(data.clients[Number(chosen.value)]));
  if (utilizationHeat) utilizationHeat.show(data.utilization);
  for (const box of document.querySelectorAll('[data-extra]')) {
    const extra = data.extras[Number(box.dataset.extra)];
    new Chart(box, extra.unit, false).show(extra.series.map((s, i) =>
      ({label: s.label, values: s.values, color: palette[i % palette.length]})));
  }

  function restyle() {
    for (const chart of charts) {
      if (!chart.graph) continue;
      chart.graph.updateOptions(chart.style());
      chart.graph.resize();
      chart.legends(null);
    }
    drawHeatMaps();
  }
  window.addEventListener('resize', drawHeatMaps);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);
  const still = window.matchMedia('(prefers-reduced-motion: reduce)');
  const motion = () => {
    for (const svg of document.querySelectorAll('svg.topology')) {
      if (still.matches) svg.pauseAnimations(); else svg.unpauseAnimations();
    }
  };
  still.addEventListener('change', motion);
  motion();
  // Canvases do not reflow on their own: they are drawn once more for the width and ink of the paper.
  window.addEventListener('beforeprint', () => {
    root.classList.add('printing');
    restyle();
    // Chromium prints what was drawn here from a recording in which dygraphs' clipping goes wrong;
    // pixels put back as they are come out right.
    for (const canvas of document.querySelectorAll('.chart canvas')) {
      const context = canvas.getContext('2d');
      context.putImageData(context.getImageData(0, 0, canvas.width, canvas.height), 0, 0);
    }
  });
  window.addEventListener('afterprint', () => {
    root.classList.remove('printing');
    restyle();
  });

  // --- Downloads: the same summary and document as in the files beside the report ------------------

  function download(name, type, content) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([content], {type}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  const base = data.scenario.replace(/[^A-Za-z0-9._-]+/g, '-');
  const cell = (v) => (/[",\n\r]/.test(v) ? '"' + v.replace(/"/g, '""') + '"' : v);
  function seriesCsv() {
    const rows = ['time_s,component,metric,value'];
    const add = (component, metric, values) => values.forEach((v, i) => {
      if (v !== null) rows.push([data.times[i], cell(component), cell(metric), v].join());
    });
    for (const c of data.clients) {
      for (const rate of ['offered', 'completed', 'failed']) add(c.id, rate + '_rps', c[rate]);
      for (const p of ['p50', 'p90', 'p99', 'p999']) add(c.id, 'latency_' + p + '_ms', c[p]);
    }
    for (const e of data.extras) for (const s of e.series) add(s.label, e.metric, s.values);
    return rows.join('\n') + '\n';
  }
  element('download-csv').addEventListener('click', () =>
    download(base + '-summary.csv', 'text/csv', JSON.parse(text('summary')).csv));
  element('download-series').addEventListener('click', () =>
    download(base + '-series.csv', 'text/csv', seriesCsv()));
  element('download-json').addEventListener('click', () =>
    download(base + '.json', 'application/json', text('run')));

  root.dataset.ready = '1';
})();
