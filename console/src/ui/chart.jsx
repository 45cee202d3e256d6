// Bars by uPlot, in the colours of the theme, one series on the other, with a table for readers who do not see them.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { lang, theme } from '../state.js';
import { number, t } from '../i18n/index.js';

const HEIGHT = 200;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const sum = (values) => values.reduce((n, v) => n + v, 0);
const incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];

/** As many of the places as have room for a name, from the first on. */
const places = (x, width) => { const each = Math.max(1, Math.ceil((x.length * 64) / width)); return x.filter((_, i) => i % each === 0); };

function options(width, { series, step, label }, onCursor) {
  const axis = { stroke: colour('--ink-2'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
  const bars = uPlot.paths.bars({ size: [0.7, 40] });
  return {
    width, height: HEIGHT, legend: { show: false }, cursor: { y: false, points: { show: false }, drag: { x: false } },
    scales: { x: { range: (u, a, b) => [a - step / 2, b + step / 2] }, y: { range: (u, a, b) => [0, Math.max(4, b * 1.1)] } },
    axes: [{ ...axis, size: 28, grid: { show: false }, splits: (u) => places(u.data[0], u.width), values: (u, splits) => splits.map((at) => label(at * 1000)) }, { ...axis, size: 44, incrs, values: (u, splits) => splits.map(number) }],
    series: [{}, ...series.map((s) => ({ label: s.label, stroke: colour(s.colour), fill: colour(s.colour), paths: bars, points: { show: false } }))],
    hooks: { setCursor: [(u) => onCursor(u.cursor.idx ?? null)] },
  };
}

/**
 * x: times in seconds; series from below upwards: [{ label, values, colour: '--good' }]; label(ms) names a place on the
 * axis; pick(ms), if given, is what a click on a bar does.
 */
export function Chart({ title, x, series, step, label, pick }) {
  const box = useRef();
  const [at, setAt] = useState(null);
  useEffect(() => {
    const inside = box.current; // the reference is gone before the observer is
    // each is drawn as the sum of itself and those below it, the tallest first
    const heaps = series.map((s, i) => x.map((_, k) => sum(series.slice(0, i + 1).map((below) => below.values[k])) || null));
    const plot = new uPlot(options(inside.clientWidth, { series: [...series].reverse(), step, label }, setAt), [x, ...heaps.reverse()], inside);
    const fit = new ResizeObserver(() => plot.setSize({ width: inside.clientWidth, height: HEIGHT }));
    fit.observe(inside);
    return () => { fit.disconnect(); plot.destroy(); };
  }, [JSON.stringify([x, series]), theme.value, lang.value]);
  return (
    <figure class="chart" aria-label={title}>
      <div ref={box} aria-hidden="true" class={pick ? 'plot pick' : 'plot'} onClick={() => at !== null && pick?.(x[at] * 1000)} />
      <figcaption class="legend" aria-hidden="true">
        <span class="quiet">{at === null ? t('chart.total') : `${title} ${label(x[at] * 1000)}`}</span>
        {series.map((s) => <span key={s.label} class="key"><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" fill={`var(${s.colour})`} /></svg>{s.label} <b>{number(at === null ? sum(s.values) : s.values[at])}</b></span>)}
      </figcaption>
      <table class="visually-hidden"><caption>{title}</caption>
        <thead><tr><th scope="col">{title}</th>{series.map((s) => <th key={s.label} scope="col">{s.label}</th>)}</tr></thead>
        <tbody>{x.map((when, i) => <tr key={when}><th scope="row">{label(when * 1000)}</th>{series.map((s) => <td key={s.label}>{s.values[i]}</td>)}</tr>)}</tbody>
      </table>
    </figure>
  );
}
